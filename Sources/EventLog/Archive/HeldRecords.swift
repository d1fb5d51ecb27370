internal import Events

/// The records of one partition that wait to be written.
struct HeldRecords {
    private(set) var batches = [RecordBatch()]
    /// Bytes of the records and of what is known of each.
    private(set) var byteCount = 0
    private(set) var schemaIDs: Set<Int32> = []
    /// The offset that the file begins with: the next one after the last archived.
    let firstOffset: Int64
    /// Hours since 1970 of the first record's append time.
    let hour: Int64
    /// When the first of them came.
    let since: Int64

    private let pieceByteCount: Int

    init(firstOffset: Int64, hour: Int64, since: Int64, pieceByteCount: Int) {
        self.firstOffset = firstOffset
        self.pieceByteCount = pieceByteCount
        self.hour = hour
        self.since = since
    }

    /// Adds a copy of the record, whose bytes are slices of `source`.
    mutating func add(_ record: RecordBatch.Record, _ source: [UInt8], _ schemaID: Int32?) {
        if let schemaID { schemaIDs.insert(schemaID) }
        let last = batches.count - 1
        if batches[last].bytes.count > pieceByteCount { batches.append(RecordBatch()) }
        batches[batches.count - 1].append(record, source)
        byteCount += HeldRecords.size(of: record)
    }

    static func size(of record: RecordBatch.Record) -> Int {
        Int(record.key.count) + Int(record.value.count) + MemoryLayout<RecordBatch.Record>.stride
    }

    var first: RecordBatch.Record? { batches.first?.records.first }
    var last: RecordBatch.Record? { batches.last?.records.last }

    /// The offsets that the log left out.
    func absences(_ partition: Int32) -> [ArchiveAbsence] {
        var absences: [ArchiveAbsence] = []
        var next = firstOffset
        for batch in batches {
            for record in batch.records {
                if record.offset > next {
                    absences.append(
                        ArchiveAbsence(partition: partition, firstOffset: next, lastOffset: record.offset - 1, reason: .notOnLog))
                }
                next = record.offset + 1
            }
        }
        return absences
    }
}

extension RecordBatch {
    fileprivate mutating func append(_ record: Record, _ source: [UInt8]) {
        var copy = record
        source.withUnsafeBytes { source in
            copy.key = Slice(offset: bytes.count, count: Int(record.key.count))
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[record.key.range]))
            copy.value = Slice(offset: bytes.count, count: Int(record.value.count))
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[record.value.range]))
        }
        records.append(copy)
    }
}
