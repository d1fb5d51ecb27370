internal import Events
internal import GRDB

/// A topic's manifest: which files hold which offsets. What it does not list does not exist.
///
/// Tables of `manifest.sqlite`: `topic` (name and generation of the log), `files`, `starts` (where each partition's first file began),
/// `absences` (offsets whose records are not there) and `erasures` (not yet carried out). One process writes, the one that holds the lock; any
/// number read.
final class ArchiveManifest: Sendable {
    private static let version = 1
    let topic: Topic
    private let database: DatabaseQueue

    /// Opens the manifest to write, making it for this generation where it is missing; `.mismatch` for another generation.
    init(writing topic: Topic, of archive: Archive, generation: UInt64) throws(LogError) {
        self.topic = topic
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA secure_delete = ON")
            }
            database = try DatabaseQueue(path: archive.manifestPath(of: topic), configuration: configuration)
            try database.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try ArchiveManifest.create(in: database, topic: topic, generation: generation)
        } catch {
            throw LogError(embedded: error, doing: "opening the archive's manifest of \(topic.name)")
        }
        let found = try self.generation
        guard found == generation else { throw ArchiveManifest.otherGeneration(topic, found: found, wanted: generation, archive) }
    }

    /// Opens the manifest to read; nil where nothing was archived yet.
    init?(reading topic: Topic, of archive: Archive) throws(LogError) {
        guard archive.holds(topic) else { return nil }
        self.topic = topic
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(10)
            database = try DatabaseQueue(path: archive.manifestPath(of: topic), configuration: configuration)
            // A writer that has only just made the file has perhaps not made its tables yet.
            guard try database.inDatabase({ try $0.tableExists("topic") && Int.fetchOne($0, sql: "SELECT 1 FROM topic") != nil }) else {
                return nil
            }
        } catch {
            throw LogError(embedded: error, doing: "opening the archive's manifest of \(topic.name)")
        }
    }

    static func otherGeneration(_ topic: Topic, found: UInt64, wanted: UInt64, _ archive: Archive) -> LogError {
        LogError(
            .mismatch,
            "the archive in \(archive.path(of: topic)) is of another \(topic.name) (generation \(found), the log's is \(wanted)): the topic was "
                + "made anew, its offsets begin again. Move that folder away, then a new archive begins")
    }

    /// The generation of the log that was archived.
    var generation: UInt64 {
        get throws(LogError) {
            try read { database in
                guard let found = try Int64.fetchOne(database, sql: "SELECT generation FROM topic") else {
                    throw LogError(.invalid, "the archive's manifest of \(self.topic.name) has no generation; restore it from a backup")
                }
                return UInt64(bitPattern: found)
            }
        }
    }

    /// What is archived of every partition: from the first offset ever to the one to archive next.
    func ranges() throws(LogError) -> [PartitionRange] {
        try read { database in
            let sql = "SELECT partition, MIN(first_offset), MAX(last_offset) + 1 FROM files GROUP BY partition ORDER BY partition"
            return try Row.fetchAll(database, sql: sql).map { PartitionRange(partition: $0[0], start: $0[1], end: $0[2]) }
        }
    }

    /// All files, by partition and offset.
    func files() throws(LogError) -> [ArchivedFile] {
        try read { try ArchivedFile.fetch($0, "ORDER BY partition, first_offset") }
    }

    /// The file that holds the offset.
    func file(partition: Int32, holding offset: Int64) throws(LogError) -> ArchivedFile? {
        try read { database in
            let place = "WHERE partition = ? AND first_offset <= ? ORDER BY first_offset DESC LIMIT 1"
            return try ArchivedFile.fetch(database, place, [partition, offset]).first { $0.lastOffset >= offset }
        }
    }

    /// The first file of a partition with a record appended at or after `time`.
    func file(partition: Int32, atOrAfter time: Int64) throws(LogError) -> ArchivedFile? {
        try read { database in
            let place = "WHERE partition = ? AND append_time_max >= ? AND record_count > 0 ORDER BY first_offset LIMIT 1"
            return try ArchivedFile.fetch(database, place, [partition, time]).first
        }
    }

    /// By partition, the first offset that was ever archived; none in a manifest that only older programs have written.
    func starts() throws(LogError) -> [Int32: Int64] {
        try read { database in
            guard try database.tableExists("starts") else { return [:] }
            let rows = try Row.fetchAll(database, sql: "SELECT partition, first_offset FROM starts")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
        }
    }

    func absences() throws(LogError) -> [ArchiveAbsence] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM absences ORDER BY partition, first_offset").map { row in
                guard let reason = ArchiveAbsence.Reason(rawValue: row["reason"]) else {
                    throw LogError(
                        .invalid, "the archive's manifest of \(self.topic.name) lists offsets with a reason that is unknown here")
                }
                return ArchiveAbsence(
                    partition: row["partition"], firstOffset: row["first_offset"], lastOffset: row["last_offset"], reason: reason)
            }
        }
    }

    func erasures() throws(LogError) -> [ArchiveErasure] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT partition, offset, user FROM erasures ORDER BY partition, offset").map {
                let user: [UInt8] = try $0.withUnsafeData(atIndex: 2) { $0.map { [UInt8]($0) } ?? [] }
                return ArchiveErasure(partition: $0[0], offset: $0[1], user: user)
            }
        }
    }

    /// Adds a file with new offsets; `.invalid` where they do not go on from the ones that are listed.
    func add(_ file: ArchivedFile, absences: [ArchiveAbsence], erasures: [ArchiveErasure]) throws(LogError) {
        try write { database in
            let last = try Int64.fetchOne(
                database, sql: "SELECT MAX(last_offset) FROM files WHERE partition = ?", arguments: [file.partition])
            guard last.map({ $0 + 1 == file.firstOffset }) ?? true else {
                throw LogError(
                    .invalid,
                    "\(self.topic.name) \(file.partition): offset \(file.firstOffset) does not follow \(last ?? 0), the last one archived")
            }
            try file.insert(database)
            try database.execute(sql: "INSERT OR IGNORE INTO starts VALUES (?, ?)", arguments: [file.partition, file.firstOffset])
            for absence in absences { try absence.insert(database) }
            for erasure in erasures {
                let arguments: StatementArguments = [erasure.partition, erasure.offset, DatabaseValue(bytes: erasure.user)]
                try database.execute(sql: "INSERT INTO erasures VALUES (?, ?, ?)", arguments: arguments)
            }
        }
    }

    /// Puts one file in the place of those that it was made of.
    func replace(_ old: [ArchivedFile], with file: ArchivedFile, absences: [ArchiveAbsence]) throws(LogError) {
        try write { database in
            for file in old { try database.execute(sql: "DELETE FROM files WHERE path = ?", arguments: [file.path]) }
            try file.insert(database)
            for absence in absences { try absence.insert(database) }
        }
    }

    /// Forgets erasures that were carried out.
    func remove(_ erasures: [ArchiveErasure]) throws(LogError) {
        try write { database in
            for erasure in erasures {
                let arguments: StatementArguments = [erasure.partition, erasure.offset]
                try database.execute(sql: "DELETE FROM erasures WHERE partition = ? AND offset = ?", arguments: arguments)
            }
        }
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(LogError) -> Value {
        do { return try database.inDatabase(body) } catch {
            throw LogError(embedded: error, doing: "reading the archive's manifest of \(topic.name)")
        }
    }

    private func write(_ body: (Database) throws -> Void) throws(LogError) {
        do {
            try database.inTransaction(.immediate) { database in
                try body(database)
                return .commit
            }
        } catch {
            throw LogError(embedded: error, doing: "writing the archive's manifest of \(topic.name)")
        }
    }

    private static func create(in queue: DatabaseQueue, topic: Topic, generation: UInt64) throws {
        try queue.inTransaction(.immediate) { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= ArchiveManifest.version else {
                throw LogError(.mismatch, "the archive of \(topic.name) was written by a newer version (\(version)); use that one")
            }
            guard version == 0 else {
                try createStarts(in: database)
                return .commit
            }
            try database.execute(
                sql: """
                    CREATE TABLE topic (name TEXT NOT NULL, generation INTEGER NOT NULL);
                    CREATE TABLE files (path TEXT PRIMARY KEY, partition INTEGER NOT NULL, first_offset INTEGER NOT NULL,
                        last_offset INTEGER NOT NULL, record_count INTEGER NOT NULL, event_time_min INTEGER, event_time_max INTEGER,
                        append_time_min INTEGER NOT NULL, append_time_max INTEGER NOT NULL, byte_count INTEGER NOT NULL,
                        payload_byte_count INTEGER NOT NULL, sha256 TEXT NOT NULL, revision INTEGER NOT NULL);
                    CREATE UNIQUE INDEX files_by_offset ON files (partition, first_offset);
                    CREATE TABLE absences (partition INTEGER NOT NULL, first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL,
                        reason TEXT NOT NULL, PRIMARY KEY (partition, first_offset));
                    CREATE TABLE erasures (partition INTEGER NOT NULL, offset INTEGER NOT NULL, user BLOB NOT NULL,
                        PRIMARY KEY (partition, offset));
                    PRAGMA user_version = \(ArchiveManifest.version);
                    """)
            let row: StatementArguments = [topic.name, Int64(bitPattern: generation)]
            try database.execute(sql: "INSERT INTO topic VALUES (?, ?)", arguments: row)
            try createStarts(in: database)
            return .commit
        }
    }

    /// Older programs made manifests without it, and may have added a partition since.
    private static func createStarts(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS starts (partition INTEGER PRIMARY KEY, first_offset INTEGER NOT NULL);
                INSERT OR IGNORE INTO starts SELECT partition, MIN(first_offset) FROM files GROUP BY partition;
                """)
    }
}
