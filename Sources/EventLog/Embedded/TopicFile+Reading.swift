internal import Events
internal import Foundation
internal import GRDB

/// What consumers, retention, rewriting and the log itself share; each runs one statement at a time, without a transaction of its own.
extension TopicFile {
    /// Every partition's range, by number; `leaps` are those of the file.
    static func ranges(_ database: Database, _ leaps: [Int32: [LogLeap]]) throws -> [PartitionRange] {
        let statement = try database.cachedStatement(sql: "SELECT partition, start_offset, next_offset FROM partitions ORDER BY partition")
        return try Row.fetchAll(statement).map { PartitionRange(partition: $0[0], start: $0[1], end: $0[2], leaps: leaps[$0[0]] ?? []) }
    }

    func range(_ database: Database, partition: Int32) throws -> PartitionRange? {
        let statement = try database.cachedStatement(sql: "SELECT partition, start_offset, next_offset FROM partitions WHERE partition = ?")
        return try Row.fetchOne(statement, arguments: [partition]).map {
            PartitionRange(partition: $0[0], start: $0[1], end: $0[2], leaps: leaps[$0[0]] ?? [])
        }
    }

    /// Reads the leaps of every partition; none in a file of a version that knew of none.
    static func leaps(_ database: Database) throws -> [Int32: [LogLeap]] {
        guard try database.tableExists("leaps") else { return [:] }
        let rows = try Row.fetchAll(
            database, sql: "SELECT partition, first_offset, next_offset, is_lost FROM leaps ORDER BY partition, first_offset")
        return rows.reduce(into: [:]) { leaps, row in
            leaps[row[0], default: []].append(LogLeap(first: row[1], next: row[2], isLost: row[3]))
        }
    }

    /// Adds the row of records that end with `lastOffset`.
    static func insertRow(
        _ payload: RowPayload, of partition: Int32, lastOffset: Int64, appendTime: Int64, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(sql: "INSERT INTO batches (id, base_offset, append_time, payload) VALUES (?, ?, ?, ?)")
        let baseOffset = lastOffset - Int64(payload.recordCount) + 1
        try payload.bytes.withUnsafeBytes { bytes in
            // Bound without a copy: the statement is done with the bytes when it returns.
            let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress!)
            let data = Data(bytesNoCopy: start, count: bytes.count, deallocator: .none)
            try statement.execute(arguments: [rowID(partition, lastOffset), baseOffset, appendTime, data])
        }
    }

    static func insert(_ leap: LogLeap, of partition: Int32, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO leaps VALUES (?, ?, ?, ?)", arguments: [partition, leap.first, leap.next, leap.isLost])
    }

    /// Appends records of a partition from `position` on to `batch`, until that has `recordCountMax` records or `byteCountMax` bytes or the
    /// partition ends; moves `position` behind them.
    func read(
        _ partition: Int32, from position: inout Int64, _ database: Database, into batch: inout RecordBatch, recordCountMax: Int,
        byteCountMax: Int
    ) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT id, base_offset, append_time, payload FROM batches WHERE id BETWEEN ? AND ? ORDER BY id")
        let bounds: StatementArguments = [TopicFile.rowID(partition, position), TopicFile.rowID(partition + 1, 0) - 1]
        let rows = try Row.fetchCursor(statement, arguments: bounds)
        while batch.records.count < recordCountMax, batch.bytes.count < byteCountMax, let row = try rows.next() {
            let baseOffset: Int64 = row[1]
            if baseOffset > position { position = LogLeap.landing(position, leaps[partition] ?? []) }
            guard baseOffset <= position else {
                throw outside(position, PartitionRange(partition: partition, start: baseOffset, end: baseOffset))
            }
            let first = RecordBatch.Record(partition: partition, offset: position, timestamp: row[2], key: .empty, value: .empty)
            let room = recordCountMax - batch.records.count
            let count = try row.withUnsafeData(atIndex: 3) { payload in
                payload?.withUnsafeBytes {
                    RowPayload.read($0, skipCount: Int(position - baseOffset), recordCountMax: room, first: first, into: &batch)
                }
            }
            guard let count else { throw LogError(.invalid, "\(topic.name) \(partition): the row of offset \(position) is damaged") }
            position += Int64(count)
        }
    }

    /// The error of an offset that a partition does not hold.
    func outside(_ offset: Int64, _ range: PartitionRange) -> LogError {
        LogError(
            .mismatch,
            "\(topic.name) partition \(range.partition): offset \(offset) is not on the log, which starts at \(range.start)"
                + (range.end > range.start ? " and ends at \(range.end)" : "") + "; rebuild by replay")
    }

    /// The first offset of the range whose append time is at or after `time`, else the range's end: a bisection, as append times never fall.
    static func offset(_ database: Database, in range: PartitionRange, atOrAfter time: Int64) throws -> Int64 {
        let statement = try database.cachedStatement(
            sql: "SELECT id, base_offset, append_time FROM batches WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1")
        var low = range.start
        var high = range.end
        while low < high {
            let middle = low + (high - low) / 2
            let bounds: StatementArguments = [rowID(range.partition, middle), rowID(range.partition, range.end - 1)]
            guard let row = try Row.fetchOne(statement, arguments: bounds) else { return low }
            let baseOffset: Int64 = row[1]
            let appendTime: Int64 = row[2]
            if appendTime >= time {
                high = max(low, min(middle, baseOffset))
            } else {
                low = lastOffset(ofRow: row[0]) + 1
            }
        }
        return low
    }
}
