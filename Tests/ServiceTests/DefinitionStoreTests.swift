import Catalog
import Features
import GRDB
import Jobs
import Quality
import TestSupport
import Testing

@testable import Service

/// Definitions in a control store on disk (DESIGN §6.7).
@Suite struct DefinitionStoreTests {
    private let folder: TemporaryFolder
    private let control: ControlStore
    private let store: DefinitionStore

    init() throws {
        folder = try TemporaryFolder()
        control = try ControlStore(folder: folder.path("data"))
        store = DefinitionStore(control: control)
    }

    private func definition(
        catalog version: Int64 = 1, genres: [[UInt8]] = [[1], [2, 3]], runtime: Int64 = 60_000,
        _ change: (inout JobSettings) -> Void = { _ in }
    ) -> Definition {
        let titles = genres.enumerated().map { index, genres in
            Title(
                id: TitleID("t\(index)"), name: "Title", year: 1999, runtimeMilliseconds: runtime, genres: genres.map { GenreID($0) },
                maturity: 7, regions: [], addedAt: 5, artworks: [], isAvailable: true)
        }
        var settings = JobSettings()
        change(&settings)
        return Definition(version: 0, settings: settings, catalog: Catalog(version: version, titles: titles, genreNames: []))
    }

    private func genres(_ definition: Definition) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: definition.catalog.titles.map { ($0.id.description, $0.genres.map(\.raw)) })
    }

    @Test func whatOperatorsDoNotReadMakesNoVersion() throws {
        let first = try store.store(definition(), at: 1000)
        var renamed = definition(catalog: 2)
        var titles = renamed.catalog.titles
        titles[0].name = "Another"
        titles[1].isAvailable = false
        renamed.catalog = Catalog(version: 2, titles: titles, genreNames: [])
        #expect(try store.store(renamed, at: 2000) == first)
        #expect(first == 1000)
        #expect(try store.newestAnnounced == 1000)
    }

    @Test func everyVersionStaysAsItWas() throws {
        let first = try store.store(definition { $0.tests = [test] }, at: 1000)
        let second = try store.store(definition(catalog: 2, genres: [[1], [4], [5]]) { $0.tests = [test] }, at: 900)
        let third = try store.store(definition(catalog: 3, genres: [[1], [4], [5]]) { $0.hover = 7 }, at: 5000)
        #expect([first, second, third] == [1000, 1001, 5000])
        let again = DefinitionStore(control: control)
        for store in [store, again] {
            let found = try [first, second, third].map { try store.definition($0) }
            #expect(found.map(\.version) == [1000, 1001, 5000])
            #expect(genres(found[0]) == ["t0": [1], "t1": [2, 3]])
            #expect(genres(found[1]) == ["t0": [1], "t1": [4], "t2": [5]] && genres(found[2]) == genres(found[1]))
            #expect(found[0].settings.tests == [test] && found[0].settings == found[1].settings)
            #expect(found[2].settings.hover == 7 && found[2].settings.tests.isEmpty)
            #expect(found.allSatisfy { $0.catalog.titles.allSatisfy { $0.runtimeMilliseconds == 60_000 } })
        }
        let rows = try control.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM definition_title") }
        #expect(rows == 4)
    }

    private var test: ThumbnailTest {
        ThumbnailTest(
            id: TestID("test"), title: TitleID("t1"),
            variants: [.init(id: VariantID("a"), artwork: ArtworkID("x"), weight: 0.25)], coverage: 0.5)
    }

    @Test func aVersionThatIsNotHereIsStoodInForByTheNearestBefore() throws {
        _ = try store.store(definition(genres: [[1]]), at: 1000)
        _ = try store.store(definition(catalog: 2, genres: [[2]]), at: 2000)
        for (version, genre) in [(0, 1), (500, 1), (1999, 1), (2001, 2)] as [(Int64, UInt8)] {
            let found = try store.definition(version)
            #expect(genres(found) == ["t0": [genre]] && found.version == (version == 0 ? 1000 : version))
            #expect(try store.holds(version) == (version == 0))
        }
        #expect(try store.holds(2000))
    }

    /// A replay stores one for itself; a process that says the same as what is announced makes none.
    @Test func theOneAnnouncedLastIsToldFromTheOneStoredLast() throws {
        let first = try store.store(definition(), at: 1000)
        let replayed = try store.store(definition { $0.rating = 1 }, at: 2000)
        #expect(try !store.isAnnounced(replayed) && store.newestAnnounced == first)
        #expect(try store.store(definition(), at: 3000) == first)
        #expect(try store.store(definition { $0.rating = 1 }, at: 4000) == replayed)
        try store.setAnnounced(replayed)
        #expect(try store.newestAnnounced == replayed)
        #expect(try store.store(definition(), at: 5000) == 5000)
    }

    /// Another process has taken a newer catalogue meanwhile.
    @Test func anOlderCatalogueIsNotTaken() throws {
        _ = try store.store(definition(catalog: 1), at: 1000)
        let newer = try store.store(definition(catalog: 3, genres: [[9], [9]]), at: 2000)
        try store.setAnnounced(newer)
        #expect(try store.store(definition(catalog: 2, genres: [[8], [8]]), at: 3000) == newer)
    }

    @Test func settingsThatAnOlderProgramDidNotKnowAreAsByDefault() throws {
        let version = try store.store(definition { $0.completedPlay = 5 }, at: 1000)
        try control.database.write {
            try $0.execute(
                sql: "UPDATE definition SET settings = ?", arguments: [#"{"completedPlay":6,"quality":{"deviationShare":9},"gone":[]}"#])
        }
        var expected = JobSettings()
        expected.completedPlay = 6
        expected.quality.deviationShare = 9
        #expect(try DefinitionStore(control: control).definition(version).settings == expected)
    }

    @Test func theOldestGoBeyondTheLimit() throws {
        for number in 0..<20 as Range<Int64> {
            _ = try store.store(definition(catalog: number, genres: [[UInt8(number)], [1]]), at: 1000 + number)
        }
        try control.database.write { database in
            try database.execute(
                sql: """
                    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
                    INSERT INTO definition SELECT 5000 + n, settings, catalog, code, 0 FROM number, definition WHERE version = 1019
                    """, arguments: [DefinitionStore.versionCountMax - 10])
            try DefinitionHistory.prune(database)
        }
        let kept = try control.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM definition") }
        #expect(kept == DefinitionStore.versionCountMax)
        #expect(try !store.holds(1009) && store.holds(1010))
        #expect(try genres(DefinitionStore(control: control).definition(1010)) == ["t0": [10], "t1": [1]])
        let rows = try control.database.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM definition_title") }
        #expect(rows == 11)
    }
}
