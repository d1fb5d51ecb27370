import Catalog
import Features
import Foundation
import GRDB
package import Jobs
import NIOConcurrencyHelpers

/// The definitions that features are computed by (DESIGN §6.7), version by version: immutable, in the control store.
///
/// A version is the time that it was stored at, milliseconds since 1970, raised where it would not ascend: also those of a control store
/// that was begun anew come after all that the log speaks of. Of the catalogue it keeps what operators read, for each title the rows that
/// differ from the version before. The last announced one is what live namespaces have been told; a replay may store one for itself.
package final class DefinitionStore: Sendable {
    /// Versions kept; with one more the oldest goes. A replay or rewind that needs one that has gone takes the oldest there is.
    static let versionCountMax = 4096
    /// Rows of titles' histories kept beyond one a title.
    static let historyCountMax = 1_000_000
    /// Definitions held in memory, the last ones asked for; jobs hold those that they use.
    private static let heldCountMax = 4

    private let control: ControlStore
    private let held = NIOLockedValueBox<[Definition]>([])

    package init(control: ControlStore) { self.control = control }

    /// The newest version that the log has been told of, or needs not be; 0 where nothing was stored yet.
    package var newestAnnounced: Int64 {
        get throws { try control.database.read { try DefinitionStore.newestAnnounced($0) ?? 0 } }
    }

    /// True where the version itself is here, and not another that stands in for it.
    package func holds(_ version: Int64) throws -> Bool {
        try version == 0
            || control.database.read {
                try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM definition WHERE version = ?)", arguments: [version]) ?? false
            }
    }

    /// The definition of a version. For 0 it is the first one. For a version that is not kept (any more, or in another control store) the
    /// nearest before it stands in under its number, or the oldest.
    package func definition(_ version: Int64) throws -> Definition {
        // All jobs ask for a new one at the same time: it is loaded once, while the others wait.
        try held.withLockedValue { held in
            if let found = held.first(where: { $0.version == version }) { return found }
            let found = try control.database.read { database in
                try DefinitionStore.standing(for: version, database).map { standing in
                    try held.first { $0.version == standing } ?? DefinitionStore.load(standing, database)
                }
            }
            guard var definition = found else {
                throw JobHalt("the control store holds no definition of catalogue and weights; start `recs serve` on it once")
            }
            held.removeAll { $0.version == definition.version }
            held.insert(definition, at: 0)
            if held.count > DefinitionStore.heldCountMax { held.removeLast() }
            if version != 0 { definition.version = version }
            return definition
        }
    }

    /// Answers the version that says the same, of the newest announced and the newest stored, or stores the definition under a new one. The
    /// first of all counts as announced: there was nothing before it. A catalogue that is older than what was stored last is not taken.
    package func store(_ definition: Definition, at now: Int64) throws -> Int64 {
        try control.database.write { database in
            let newest = try Int64.fetchOne(database, sql: "SELECT MAX(version) FROM definition")
            var definition = definition
            if let newest {
                let last = try DefinitionStore.load(newest, database)
                if definition.catalog.version < last.catalog.version { definition.catalog = last.catalog }
            }
            for version in [try DefinitionStore.newestAnnounced(database), newest].compactMap(\.self) {
                if try DefinitionStore.load(version, database).agrees(with: definition) { return version }
            }
            definition.version = max((newest ?? 0) + 1, now)
            try DefinitionStore.insert(definition, isAnnounced: newest == nil, database)
            try DefinitionHistory.prune(database)
            return definition.version
        }
    }

    package func isAnnounced(_ version: Int64) throws -> Bool {
        try control.database.read {
            try Bool.fetchOne($0, sql: "SELECT announced FROM definition WHERE version = ?", arguments: [version]) ?? true
        }
    }

    /// The record stands in every partition.
    package func setAnnounced(_ version: Int64) throws {
        try control.database.write {
            try $0.execute(sql: "UPDATE definition SET announced = 1 WHERE version = ?", arguments: [version])
        }
    }

    private static func newestAnnounced(_ database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT MAX(version) FROM definition WHERE announced = 1")
    }

    /// The version that stands for one that is asked for: itself, the nearest before it, or the oldest; nil where none is stored.
    private static func standing(for version: Int64, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT MAX(version) FROM definition WHERE version <= ?", arguments: [version])
            ?? Int64.fetchOne(database, sql: "SELECT MIN(version) FROM definition")
    }

    /// A version that is stored.
    private static func load(_ version: Int64, _ database: Database) throws -> Definition {
        let row = try Row.fetchOne(database, sql: "SELECT * FROM definition WHERE version = ?", arguments: [version])!
        return Definition(
            version: version, settings: try JobSettings(stored: row["settings"]),
            catalog: Catalog(version: row["catalog"], titles: try DefinitionHistory.titles(at: version, database), genreNames: []),
            codeVersion: row["code"])
    }

    private static func insert(_ definition: Definition, isAnnounced: Bool, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO definition (version, settings, catalog, code, announced) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                definition.version, try definition.settings.stored(), definition.catalog.version, definition.codeVersion, isAnnounced,
            ])
        try DefinitionHistory.add(definition.catalog.titles, version: definition.version, database)
    }
}

extension Definition {
    /// True where both make the same features of the same events.
    fileprivate func agrees(with other: Definition) -> Bool {
        guard settings == other.settings, codeVersion == other.codeVersion, catalog.titles.count == other.catalog.titles.count else {
            return false
        }
        return catalog.titles.allSatisfy { title in
            guard let index = other.catalog.index(of: title.id) else { return false }
            let twin = other.catalog.titles[index]
            return title.runtimeMilliseconds == twin.runtimeMilliseconds && title.genres == twin.genres
        }
    }
}

extension JobSettings {
    /// As the control store keeps them.
    fileprivate func stored() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// What an older program did not know yet is as it is by default.
    fileprivate init(stored: String) throws {
        let known = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(JobSettings())) as? [String: Any] ?? [:]
        let found = try JSONSerialization.jsonObject(with: Data(stored.utf8)) as? [String: Any] ?? [:]
        let merged = known.merging(found) { known, found in
            guard let known = known as? [String: Any], let found = found as? [String: Any] else { return found }
            return known.merging(found) { $1 }
        }
        self = try JSONDecoder().decode(JobSettings.self, from: try JSONSerialization.data(withJSONObject: merged))
    }
}
