internal import GRDB

/// Retention of a topic file: deletes whole rows from each partition's start, a bounded number in a transaction so that appends go on in between.
struct TopicTrimmer {
    private static let rowCountMax = 256
    let file: TopicFile

    /// Deletes what was appended before `time`, but nothing of the partitions in `kept`.
    func trim(before time: Int64, except kept: Set<Int32>) throws {
        let keep = try file.reader.inDatabase { database in
            try TopicFile.ranges(database, file.leaps).map { ($0.partition, try TopicFile.offset(database, in: $0, atOrAfter: time)) }
        }
        for (partition, offset) in keep where !kept.contains(partition) {
            while try deleteSome(partition, before: offset) {}
        }
    }

    /// Answers whether there may be more to delete.
    private func deleteSome(_ partition: Int32, before offset: Int64) throws -> Bool {
        var deletedCount = 0
        try file.writer.inTransaction(.immediate) { database in
            let select = try database.cachedStatement(sql: "SELECT id FROM batches WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?")
            let bounds: StatementArguments = [
                TopicFile.rowID(partition, 0), TopicFile.rowID(partition, offset) - 1, TopicTrimmer.rowCountMax,
            ]
            let rows = try Int64.fetchAll(select, arguments: bounds)
            guard let last = rows.last else { return .rollback }
            deletedCount = rows.count
            let delete = try database.cachedStatement(sql: "DELETE FROM batches WHERE id BETWEEN ? AND ?")
            try delete.execute(arguments: [TopicFile.rowID(partition, 0), last])
            let update = try database.cachedStatement(sql: "UPDATE partitions SET start_offset = ? WHERE partition = ?")
            try update.execute(arguments: [TopicFile.lastOffset(ofRow: last) + 1, partition])
            return .commit
        }
        return deletedCount == TopicTrimmer.rowCountMax
    }
}
