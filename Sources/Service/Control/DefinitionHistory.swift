import Catalog
import Features
import Foundation
import GRDB

/// What operators read of each title, with the version of the definition from which on it holds.
enum DefinitionHistory {
    private struct Entry: Equatable {
        var runtimeMilliseconds: Int64
        /// Numbers with commas.
        var genres: String
    }

    /// The titles as a definition of the version has them; what operators do not read is blank.
    static func titles(at version: Int64, _ database: Database) throws -> [Title] {
        try entries(at: version, database).map { id, entry in
            Title(
                id: TitleID(id), name: "", year: 0, runtimeMilliseconds: entry.runtimeMilliseconds,
                genres: entry.genres.split(separator: ",").compactMap { UInt8($0).map { GenreID($0) } }, maturity: 0, regions: [],
                addedAt: 0, artworks: [], isAvailable: true)
        }
    }

    /// Adds a row for each title that is not as the newest version before has it.
    static func add(_ titles: [Title], version: Int64, _ database: Database) throws {
        let known = Dictionary(uniqueKeysWithValues: try entries(at: version, database))
        let statement = try database.makeStatement(
            sql: "INSERT INTO definition_title (title, version, runtime, genres) VALUES (?, ?, ?, ?)")
        for title in titles {
            let genres = title.genres.map { "\($0.raw)" }.joined(separator: ",")
            let entry = Entry(runtimeMilliseconds: title.runtimeMilliseconds, genres: genres)
            if known[title.id.description] == entry { continue }
            try statement.execute(arguments: [title.id.description, version, entry.runtimeMilliseconds, entry.genres])
        }
    }

    /// Adds to a copy of a control store the definitions that the store has got since.
    static func add(from source: String, to copy: String) throws {
        guard FileManager.default.fileExists(atPath: copy) else { return }
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(10)
        try DatabaseQueue(path: copy, configuration: configuration).writeWithoutTransaction { database in
            try database.execute(sql: "ATTACH DATABASE ? AS source", arguments: [source])
            for table in ["definition", "definition_title"] {
                guard try database.tableExists(table), try database.tableExists(table, in: "source") else { continue }
                try database.execute(sql: "INSERT OR IGNORE INTO \(table) SELECT * FROM source.\(table)")
            }
            try database.execute(sql: "DETACH DATABASE source")
        }
    }

    /// Drops the oldest definitions beyond the limits, and the rows that none is left to read.
    static func prune(_ database: Database) throws {
        while let first = try firstToKeep(database) {
            try database.execute(sql: "DELETE FROM definition WHERE version < ?", arguments: [first])
            try database.execute(
                sql: """
                    DELETE FROM definition_title WHERE EXISTS (SELECT 1 FROM definition_title AS later
                        WHERE later.title = definition_title.title AND later.version > definition_title.version AND later.version <= ?)
                    """, arguments: [first])
        }
    }

    /// Where there are too many: the version before which all go.
    private static func firstToKeep(_ database: Database) throws -> Int64? {
        let versions = try Int64.fetchAll(database, sql: "SELECT version FROM definition ORDER BY version")
        let rows = try Int.fetchOne(database, sql: "SELECT COUNT(*) - COUNT(DISTINCT title) FROM definition_title") ?? 0
        if versions.count > DefinitionStore.versionCountMax { return versions[versions.count - DefinitionStore.versionCountMax] }
        return rows > DefinitionStore.historyCountMax && versions.count > 1 ? versions[(versions.count + 1) / 2] : nil
    }

    private static func entries(at version: Int64, _ database: Database) throws -> [(String, Entry)] {
        // Of the columns beside MAX, SQLite answers those of the row that holds it (sqlite.org/lang_select.html#bareagg).
        let sql = "SELECT title, runtime, genres, MAX(version) FROM definition_title WHERE version <= ? GROUP BY title"
        return try Row.fetchAll(database, sql: sql, arguments: [version]).map { row in
            (row["title"], Entry(runtimeMilliseconds: row["runtime"], genres: row["genres"]))
        }
    }
}
