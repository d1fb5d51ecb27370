package import Catalog
import Foundation
import GRDB
import NIOConcurrencyHelpers

/// The catalogue in force: in memory for reading, in the control store to last. Genre numbers are permanent (their table only grows).
package final class CatalogStore: Sendable {
    private static let versionSetting = "catalog_version"

    private let control: ControlStore
    private let box: NIOLockedValueBox<Catalog>
    /// Serialises changes, so that none is computed from a catalogue that another change replaces.
    private let changing = NIOLock()

    package init(control: ControlStore) throws {
        self.control = control
        box = NIOLockedValueBox(Catalog(version: 0, titles: [], genreNames: []))
        let loaded = try load()
        box.withLockedValue { $0 = loaded }
    }

    package var current: Catalog { box.withLockedValue { $0 } }

    /// Takes over what another process has imported; answers true where something changed.
    package func refresh() throws -> Bool {
        guard try version() != current.version else { return false }
        let loaded = try load()
        box.withLockedValue { $0 = loaded }
        return true
    }

    /// Puts titles in or replaces them; with `withdrawsOthers`, titles that the document lacks become unavailable.
    /// With `keeps` false nothing is stored: the answer tells what would change.
    package func apply(_ document: CatalogDocument, withdrawsOthers: Bool, keeps: Bool = true) throws -> CatalogDiff {
        try changing.withLock {
            while true {
                let old = current
                let new = try old.importing(document, withdrawsOthers: withdrawsOthers)
                let diff = CatalogDiff(from: old, to: new)
                guard keeps, !diff.isEmpty else { return diff }
                if try save(new, merged(document, withdrawsOthers: withdrawsOthers), over: old.version) {
                    box.withLockedValue { $0 = new }
                    return diff
                }
                // Another process has changed it since: its change stays, and ours is made of it.
                _ = try refresh()
            }
        }
    }

    /// The catalogue as documents, with what serving does not need (directors, on what ground a film may be shown).
    package func document() throws -> CatalogDocument {
        try control.database.read { database in
            var document = CatalogDocument()
            document.genres = try String.fetchAll(database, sql: "SELECT name FROM genre ORDER BY number")
            document.titles = try String.fetchAll(database, sql: "SELECT document FROM title ORDER BY position").map {
                try TitleJSON.parse(Data($0.utf8))
            }
            return document
        }
    }

    /// The documents to store: those given, and those that are withdrawn because they are not given.
    private func merged(_ document: CatalogDocument, withdrawsOthers: Bool) throws -> [TitleJSON] {
        guard withdrawsOthers else { return document.titles }
        let given = Set(document.titles.map(\.titleID))
        let others = try self.document().titles.filter { !given.contains($0.titleID) }.map { title in
            var title = title
            title.isAvailable = false
            return title
        }
        return document.titles + others
    }

    /// False, with nothing stored, where the stored catalogue is not of the version that this one was made of.
    private func save(_ catalog: Catalog, _ titles: [TitleJSON], over version: Int64) throws -> Bool {
        try control.database.write { database in
            guard try CatalogStore.version(database) == version else { return false }
            for (number, name) in catalog.genreNames.enumerated().dropFirst() {
                try database.execute(sql: "INSERT OR IGNORE INTO genre (number, name) VALUES (?, ?)", arguments: [number, name])
            }
            let statement = try database.makeStatement(
                sql: """
                    INSERT INTO title (id, document) VALUES (?, ?)
                    ON CONFLICT(id) DO UPDATE SET document = excluded.document WHERE document <> excluded.document
                    """)
            for title in titles {
                let bytes = try title.serialized()
                // A text that could not be read again would keep every later start from its catalogue.
                _ = try TitleJSON.parse(Data(bytes))
                try statement.execute(arguments: [title.titleID, String(decoding: bytes, as: UTF8.self)])
            }
            try ControlStore.set(CatalogStore.versionSetting, to: "\(catalog.version)", in: database)
            return true
        }
    }

    private func load() throws -> Catalog {
        try document().catalog(version: try version())
    }

    private func version() throws -> Int64 { try control.database.read { try CatalogStore.version($0) } }

    private static func version(_ database: Database) throws -> Int64 {
        try ControlStore.setting(versionSetting, in: database).flatMap { Int64($0) } ?? 0
    }
}
