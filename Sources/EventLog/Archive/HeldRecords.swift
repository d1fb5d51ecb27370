internal import Events

/// The records of one partition that wait to be written.
struct HeldRecords {
    private(set) var batch = RecordBatch()
    private(set) var schemaIDs: Set<Int32> = []
    /// The offset that the file begins with: the next one after the last archived.
    let firstOffset: Int64
    /// Hours since 1970 of the first record's append time.
    let hour: Int64
    /// When the first of them came.
    let since: Int64

    init(firstOffset: Int64, hour: Int64, since: Int64) {
        self.firstOffset = firstOffset
        self.hour = hour
        self.since = since
    }

    /// Adds a copy of the record, whose bytes are slices of `source`.
    mutating func add(_ record: RecordBatch.Record, _ source: [UInt8], _ schemaID: Int32?) {
        if let schemaID { schemaIDs.insert(schemaID) }
        var copy = record
        copy.key = Slice(offset: batch.bytes.count, count: Int(record.key.count))
        batch.bytes += source[record.key.range]
        copy.value = Slice(offset: batch.bytes.count, count: Int(record.value.count))
        batch.bytes += source[record.value.range]
        batch.records.append(copy)
    }

    /// The offsets that the log left out.
    func absences(_ partition: Int32) -> [ArchiveAbsence] {
        var absences: [ArchiveAbsence] = []
        var next = firstOffset
        for record in batch.records {
            if record.offset > next {
                absences.append(ArchiveAbsence(partition: partition, firstOffset: next, lastOffset: record.offset - 1, reason: .notOnLog))
            }
            next = record.offset + 1
        }
        return absences
    }
}
