internal import Events

/// Offsets of erased viewers' records, as a manifest lists them.
struct ErasedOffsets {
    private(set) var absences: [ArchiveAbsence] = []
    private(set) var count = 0

    /// Ascending within a partition.
    mutating func add(_ offset: Int64, partition: Int32) {
        count += 1
        if let last = absences.last, last.lastOffset + 1 == offset {
            absences[absences.count - 1].lastOffset = offset
        } else {
            absences.append(ArchiveAbsence(partition: partition, firstOffset: offset, lastOffset: offset, reason: .erased))
        }
    }

    /// Puts records in the place of those at their offsets; answers the offsets of those that have lost their keys by it.
    static func put(_ records: ArraySlice<RecordBatch.Record>, of bytes: [UInt8], into batch: inout RecordBatch) -> ErasedOffsets {
        var erased = ErasedOffsets()
        var rest = records
        for index in batch.records.indices {
            guard let record = rest.first, record.offset == batch.records[index].offset else { continue }
            rest.removeFirst()
            if record.key.isEmpty { erased.add(record.offset, partition: record.partition) }
            batch.records[index].key = batch.keep(bytes[record.key.range])
            batch.records[index].value = batch.keep(bytes[record.value.range])
        }
        precondition(rest.isEmpty, "a record replaces one that is there")
        return erased
    }
}

extension RecordBatch {
    /// Where the first record at or after an offset is, of records of one partition in ascending order.
    func place(of offset: Int64) -> Int {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate mutating func keep(_ slice: ArraySlice<UInt8>) -> Slice {
        defer { bytes += slice }
        return Slice(offset: bytes.count, count: slice.count)
    }
}
