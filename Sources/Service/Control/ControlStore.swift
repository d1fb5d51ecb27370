import Catalog
import Foundation
package import GRDB

/// The control store: one SQLite file with what operators decide — the catalogue, profiles' limits, definitions.
///
/// Features never live here; they are a function of the log. Calls block for a short write; they run on GRDB's own queue.
package struct ControlStore: Sendable {
    package let database: DatabaseQueue

    /// Opens (and creates or migrates) `folder/control.sqlite`. Throws `ResourceError` where that cannot be read.
    package init(folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        do {
            database = try DatabaseQueue(path: ControlStore.path(in: folder), configuration: configuration)
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") }
            try ControlStore.migrator.migrate(database)
        } catch let error as DatabaseError {
            throw ControlStore.failure(error, folder: folder)
        }
    }

    static func path(in folder: String) -> String { folder + "/control.sqlite" }

    private static func failure(_ error: DatabaseError, folder: String) -> ResourceError {
        ResourceError(
            description: "the control store \(path(in: folder)) cannot be opened (\(error.message ?? "\(error.resultCode)")); "
                + error.resultCode.advice)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE genre (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                    CREATE TABLE title (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
                    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
                    CREATE TABLE profile (user TEXT PRIMARY KEY, maturity INTEGER NOT NULL);
                    """)
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE redriven (generation INTEGER NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
                        offset INTEGER NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
                        PRIMARY KEY (generation, topic, partition, offset)) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("3") { database in
            try database.execute(
                sql: """
                    CREATE TABLE definition (version INTEGER PRIMARY KEY, settings TEXT NOT NULL, catalog INTEGER NOT NULL,
                        code INTEGER NOT NULL, announced INTEGER NOT NULL);
                    CREATE TABLE definition_title (title TEXT NOT NULL, version INTEGER NOT NULL, runtime INTEGER NOT NULL,
                        genres TEXT NOT NULL, PRIMARY KEY (title, version)) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("4") { database in
            try database.execute(
                sql: """
                    CREATE TABLE moved_record (generation INTEGER NOT NULL, topic TEXT NOT NULL, old_partition INTEGER NOT NULL,
                        old_offset INTEGER NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
                        PRIMARY KEY (generation, topic, old_partition, old_offset)) WITHOUT ROWID;
                    """)
        }
        return migrator
    }

    /// A named setting, nil where it was never set.
    static func setting(_ name: String, in database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name])
    }

    static func set(_ name: String, to value: String, in database: Database) throws {
        try database.execute(sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", arguments: [name, value])
    }

    /// The profile's maturity limit, nil where none was set.
    package func maturityLimit(user: String) throws -> Int? {
        try database.read { try Int.fetchOne($0, sql: "SELECT maturity FROM profile WHERE user = ?", arguments: [user]) }
    }

    package func maturityLimits() throws -> [String: Int] {
        try database.read { database in
            var limits: [String: Int] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT user, maturity FROM profile") { limits[row["user"]] = row["maturity"] }
            return limits
        }
    }

    package func setMaturityLimit(_ limit: Int?, user: String) throws {
        try database.write { database in
            if let limit {
                try database.execute(sql: "INSERT OR REPLACE INTO profile (user, maturity) VALUES (?, ?)", arguments: [user, limit])
            } else {
                try database.execute(sql: "DELETE FROM profile WHERE user = ?", arguments: [user])
            }
        }
    }
}
