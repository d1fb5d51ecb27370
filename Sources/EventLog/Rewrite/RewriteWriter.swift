internal import Events
internal import Foundation
internal import GRDB

/// Appends records to a new topic file under the append times that they have already.
struct RewriteWriter {
    private struct Partition {
        var next: Int64
        var appendTime: Int64 = 0
        var payload = RowPayload()
        /// True from the first record on that no flush has saved yet.
        var isTouched = false
    }

    let file: TopicFile
    private var partitions: [Partition]

    /// Offsets begin at `base`.
    init(_ file: TopicFile, base: Int64) {
        self.file = file
        partitions = Array(repeating: Partition(next: base), count: file.description.partitions)
    }

    /// Answers where the record stands; it is on disk once the transaction that `flush` ends is.
    mutating func append(_ record: RecordBatch.Record, _ bytes: [UInt8], _ database: Database) throws -> LogPosition {
        let number = home(of: record, bytes)
        let index = Int(number)
        // All records of a row have one append time. A clock that was set back leaves equal times behind, never falling ones.
        if partitions[index].appendTime != record.timestamp || partitions[index].payload.isFull { try insertRow(index, database) }
        partitions[index].appendTime = max(partitions[index].appendTime, record.timestamp)
        bytes.withUnsafeBytes { partitions[index].payload.append(key: record.key, value: record.value, of: $0) }
        partitions[index].isTouched = true
        defer { partitions[index].next += 1 }
        return LogPosition(topic: file.topic, partition: number, offset: partitions[index].next)
    }

    /// Where its key belongs. A record without one is of no viewer but of its partition (what is left of erased viewers' records, a change of
    /// the definition), and readers add the partitions up: any will do, as long as not all come to one.
    private func home(of record: RecordBatch.Record, _ bytes: [UInt8]) -> Int32 {
        if record.key.isEmpty { return record.partition % Int32(partitions.count) }
        return bytes.withUnsafeBytes { bytes in
            partition(of: UnsafeRawBufferPointer(rebasing: bytes[record.key.range]), count: partitions.count)
        }
    }

    /// Puts what is held into the file.
    mutating func flush(_ database: Database) throws {
        for index in partitions.indices where partitions[index].isTouched {
            try insertRow(index, database)
            try database.execute(
                sql: "UPDATE partitions SET next_offset = ?, append_time = ? WHERE partition = ?",
                arguments: [partitions[index].next, partitions[index].appendTime, index])
            partitions[index].isTouched = false
        }
    }

    private mutating func insertRow(_ index: Int, _ database: Database) throws {
        let partition = partitions[index]
        guard partition.payload.recordCount > 0 else { return }
        try TopicFile.insertRow(
            partition.payload, of: Int32(index), lastOffset: partition.next - 1, appendTime: partition.appendTime, database)
        partitions[index].payload.removeAll()
    }
}
