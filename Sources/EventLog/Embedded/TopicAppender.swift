internal import Events
internal import GRDB

/// Appends parts to a topic file, all of a call in one transaction. Belongs to the topic's writer thread.
final class TopicAppender {
    private struct Partition {
        var start: Int64
        var next: Int64
        var appendTime: Int64
        var isTouched = false
    }

    private let file: TopicFile
    private let clock: @Sendable () -> Int64
    private var partitions: [Partition] = []
    private var payloads: [RowPayload]

    init(file: TopicFile, clock: @escaping @Sendable () -> Int64) {
        self.file = file
        self.clock = clock
        payloads = Array(repeating: RowPayload(), count: file.description.partitions)
    }

    /// Answers the records' offsets, part by part, once they are on the disk; or nothing of them is in the log.
    func append(_ parts: [AppendPart]) -> Result<[[Int64]], LogError> {
        for index in payloads.indices { payloads[index].removeAll() }
        var offsets: [[Int64]] = []
        do {
            try file.writer.inTransaction(.immediate) { database in
                try load(database)
                offsets = try parts.map { try add($0, database) }
                for index in partitions.indices where partitions[index].isTouched {
                    try insertRow(index, database)
                    try save(index, database)
                }
                return .commit
            }
            return .success(offsets)
        } catch {
            return .failure(LogError(embedded: error, doing: "appending to \(file.topic.name)"))
        }
    }

    private func load(_ database: Database) throws {
        let now = clock()
        let statement = try database.cachedStatement(
            sql: "SELECT start_offset, next_offset, append_time FROM partitions ORDER BY partition")
        partitions.removeAll(keepingCapacity: true)
        let rows = try Row.fetchCursor(statement)
        while let row = try rows.next() {
            // A clock that was set back must not make append times fall: look-ups by time bisect.
            let last: Int64 = row[2]
            let next = LogLeap.landing(row[1], file.leaps[Int32(partitions.count)] ?? [])
            partitions.append(Partition(start: row[0], next: next, appendTime: max(last, now)))
        }
    }

    private func add(_ part: AppendPart, _ database: Database) throws -> [Int64] {
        try part.batch.bytes.withUnsafeBytes { bytes in
            var offsets: [Int64] = []
            offsets.reserveCapacity(part.records.count)
            for (place, index) in part.records.enumerated() {
                let partition = Int(part.partitions[place])
                let record = part.batch.records[Int(index)]
                payloads[partition].append(key: record.key, value: record.value, of: bytes)
                offsets.append(partitions[partition].next)
                partitions[partition].next += 1
                partitions[partition].isTouched = true
                if payloads[partition].isFull { try insertRow(partition, database) }
            }
            return offsets
        }
    }

    private func insertRow(_ partition: Int, _ database: Database) throws {
        guard payloads[partition].recordCount > 0 else { return }
        try TopicFile.insertRow(
            payloads[partition], of: Int32(partition), lastOffset: partitions[partition].next - 1,
            appendTime: partitions[partition].appendTime, database)
        payloads[partition].removeAll()
    }

    private func save(_ partition: Int, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "UPDATE partitions SET next_offset = ?, append_time = ? WHERE partition = ?")
        try statement.execute(arguments: [partitions[partition].next, partitions[partition].appendTime, partition])
    }
}
