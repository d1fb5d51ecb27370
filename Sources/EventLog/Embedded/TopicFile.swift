internal import Events
internal import GRDB

/// One topic of the embedded log as a SQLite file in WAL mode.
///
/// Tables: `topic` (one row: generation, partition count), `partitions` (start and next offset and last append time of each; offsets come from
/// here and are never reused), `leaps` (offsets left out) and `batches`, one row for the records that one commit appended to one partition. A batch's `id` is
/// `partition << 44 | last offset`, so that the row holding an offset is one step down the primary key and appending needs no second index.
final class TopicFile: Sendable {
    private static let offsetBitCount = 44
    static let partitionCountMax = 1 << 16
    static let offsetCountMax: Int64 = 1 << offsetBitCount

    let topic: Topic
    let description: TopicDescription
    /// By partition; written before the file is used, never while it is.
    let leaps: [Int32: [LogLeap]]
    let signal = CommitSignal()
    private let path: String
    /// Used by the topic's writer thread and by retention.
    let writer: DatabaseQueue
    /// Used for look-ups; consumers have connections of their own.
    let reader: DatabaseQueue

    /// Opens the file, making it with `partitions` partitions if it is missing.
    init(folder: String, topic: Topic, partitions: Int, byteCountMax: Int?) throws(LogError) {
        guard (1...TopicFile.partitionCountMax).contains(partitions) else {
            throw LogError(.invalid, "\(topic.name): \(partitions) partitions; between 1 and \(TopicFile.partitionCountMax) are possible")
        }
        let path = "\(folder)/\(topic.name).sqlite"
        self.topic = topic
        self.path = path
        do {
            writer = try TopicFile.openWriter(path, byteCountMax: byteCountMax)
            description = try TopicFile.create(in: writer, topic: topic, partitions: partitions)
            leaps = try writer.inDatabase { try TopicFile.leaps($0) }
            reader = try TopicFile.openReader(path)
        } catch {
            throw LogError(embedded: error, doing: "opening \(path)")
        }
    }

    /// A connection for one consumer.
    func makeReader() throws(LogError) -> DatabaseQueue {
        do { return try TopicFile.openReader(path) } catch { throw LogError(embedded: error, doing: "opening \(path)") }
    }

    /// The row id of a batch of `partition` that ends with `offset`.
    static func rowID(_ partition: Int32, _ offset: Int64) -> Int64 { Int64(partition) << offsetBitCount | offset }

    /// The last offset of the batch with that row id.
    static func lastOffset(ofRow id: Int64) -> Int64 { id & (1 << offsetBitCount - 1) }

    private static func openWriter(_ path: String, byteCountMax: Int?) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            // What retention deletes is gone from the file, too, not only from its tables.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            if let byteCountMax {
                let pageByteCount = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 4096
                try database.execute(sql: "PRAGMA max_page_count = \(max(1, byteCountMax / pageByteCount))")
            }
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase(useWriteAheadLog)
        return queue
    }

    /// The change of journal mode does not wait for the busy timeout when two processes make the file at the same moment, so it is tried again.
    private static func useWriteAheadLog(_ database: Database) throws {
        let attemptCountMax = 200
        for attempt in 1...attemptCountMax {
            do {
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                return
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && attempt < attemptCountMax {
                pause(milliseconds: 20)
            }
        }
    }

    private static func openReader(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func create(in writer: DatabaseQueue, topic: Topic, partitions: Int) throws -> TopicDescription {
        var description = TopicDescription(topic: topic, partitions: partitions, generation: 0)
        try writer.inTransaction(.immediate) { database in
            if try !database.tableExists("topic") {
                try createTables(database, partitions: partitions)
            }
            try database.execute(sql: TopicFile.leapsTable)
            guard let row = try Row.fetchOne(database, sql: "SELECT generation, partitions FROM topic") else {
                throw LogError(.invalid, "\(topic.name): the topic file holds no description; restore it from a backup")
            }
            let generation: Int64 = row["generation"]
            description.generation = UInt64(bitPattern: generation)
            description.partitions = row["partitions"]
            return .commit
        }
        return description
    }

    static let leapsTable = """
        CREATE TABLE IF NOT EXISTS leaps (partition INTEGER NOT NULL, first_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL,
            is_lost INTEGER NOT NULL, PRIMARY KEY (partition, first_offset))
        """

    private static func createTables(_ database: Database, partitions: Int) throws {
        try database.execute(
            sql: """
                CREATE TABLE topic (generation INTEGER NOT NULL, partitions INTEGER NOT NULL);
                CREATE TABLE partitions (partition INTEGER PRIMARY KEY, start_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL,
                    append_time INTEGER NOT NULL);
                CREATE TABLE batches (id INTEGER PRIMARY KEY, base_offset INTEGER NOT NULL, append_time INTEGER NOT NULL, payload BLOB NOT NULL);
                """)
        let generation = Int64(bitPattern: UInt64.random(in: 1...UInt64.max))
        try database.execute(sql: "INSERT INTO topic VALUES (?, ?)", arguments: [generation, partitions])
        for partition in 0..<partitions {
            try database.execute(sql: "INSERT INTO partitions VALUES (?, 0, 0, 0)", arguments: [partition])
        }
    }
}
