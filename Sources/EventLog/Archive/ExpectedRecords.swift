internal import Events

/// The records that a file must hold: one at each offset that the manifest does not list as absent, and at those listed as erased nothing or
/// what is left of an erased viewer's record.
struct ExpectedRecords {
    private let last: Int64
    private let gaps: [ArchiveAbsence]
    private let residues: ResidueSchemas
    /// The first offset that nothing was seen of yet.
    private var next: Int64
    private var gapIndex = 0

    /// `gaps` are in ascending order.
    init(_ range: ClosedRange<Int64>, gaps: [ArchiveAbsence], residues: ResidueSchemas) {
        next = range.lowerBound
        last = range.upperBound
        self.gaps = gaps
        self.residues = residues
    }

    /// What is wrong with the next record of the file; nil where nothing is.
    mutating func fault(of record: RecordBatch.Record, _ bytes: [UInt8]) -> String? {
        let isResidue = isResidue(record, bytes)
        if let missing = missing(before: record.offset) ?? (record.offset < next || record.offset > last ? next : nil) {
            return "offset \(record.offset) stands where \(missing > last ? "the end" : "\(missing)") should be"
        }
        next = record.offset + 1
        let reason = gap(at: record.offset)?.reason
        if reason == .notOnLog { return "offset \(record.offset) is listed as not on the log, and a record stands there" }
        if isResidue == (reason == .erased) { return nil }
        return isResidue
            ? "offset \(record.offset) holds what is left of an erased viewer's record, and is not listed as erased"
            : "offset \(record.offset) is listed as erased, and another record stands there"
    }

    /// The first offset without a record that should have one, after the file's last record.
    mutating func missing() -> Int64? { missing(before: last + 1) }

    /// Passes over the gaps from `next` to `end`; answers the first offset that is in none of them.
    private mutating func missing(before end: Int64) -> Int64? {
        while next < end {
            guard let gap = gap(at: next) else { return next }
            next = min(gap.lastOffset + 1, end)
        }
        return nil
    }

    /// Offsets are asked for in ascending order.
    private mutating func gap(at offset: Int64) -> ArchiveAbsence? {
        while gapIndex < gaps.count, gaps[gapIndex].lastOffset < offset { gapIndex += 1 }
        return gapIndex < gaps.count && gaps[gapIndex].firstOffset <= offset ? gaps[gapIndex] : nil
    }

    private func isResidue(_ record: RecordBatch.Record, _ bytes: [UInt8]) -> Bool {
        let schemaID = bytes.withUnsafeBytes { EventRenderer.schemaID(of: UnsafeRawBufferPointer(rebasing: $0[record.value.range])) }
        return residues.isResidue(record, schemaID: schemaID)
    }
}
