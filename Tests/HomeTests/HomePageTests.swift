import Catalog
import Features
import Home
import TestSupport
import Testing

@Suite struct HomePageTests {
    static let now = HomeWorld.now
    static let hour = HomeWorld.hour
    static let day = HomeWorld.day

    /// Comedies 0…5, horror 6…11, dramas 12…17, with a few plays each.
    static func shelf() -> HomeWorld {
        var world = HomeWorld()
        for index in 0..<6 { world.add("comedy\(index)", genres: [1]) }
        for index in 0..<6 { world.add("horror\(index)", genres: [3]) }
        for index in 0..<6 { world.add("drama\(index)", genres: [2]) }
        for index in world.titles.indices { world.played(index, at: now - 3 * day, count: 20) }
        return world
    }

    static func rank(_ title: Int, in items: [Item]) -> Int { items.firstIndex { $0.titleIndex == title } ?? Int.max }

    static func ranking(_ world: HomeWorld, _ viewer: Viewer) -> [Item] {
        world.composer.recommendations(for: viewer, snapshot: world.snapshot, count: 100, request: HomeWorld.request()).items
    }

    @Test func aNewPlayMovesTheNextPageToItsGenre() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        sketch.play(world.titles[12], at: Self.now - 2 * Self.day, permille: 1000)
        let before = world.page(for: sketch.viewer)
        #expect(before.rows.contains { $0.id == "genre:Drama" || $0.id == "because:drama0" })
        sketch.play(world.titles[6], at: Self.now - HomeWorld.minute, permille: 1000)
        let ranked = Self.ranking(world, sketch.viewer)
        #expect(ranked.prefix(5).allSatisfy { world.titles[$0.titleIndex].genres == [GenreID(3)] })
        let after = world.page(for: sketch.viewer)
        #expect(after.rows.contains { $0.id == "because:horror0" })
    }

    @Test func theNewestPlayOutweighsOlderOnesAmongCoPlays() {
        var world = Self.shelf()
        world.followed(0, by: 12, count: 20)
        world.followed(6, by: 13, count: 20)
        var sketch = ViewerSketch()
        sketch.play(world.titles[0], at: Self.now - Self.day, permille: 1000)
        for index in 1..<4 { sketch.play(world.titles[index], at: Self.now - Self.day + Int64(index) * Self.hour, permille: 1000) }
        sketch.play(world.titles[6], at: Self.now - Self.hour, permille: 1000)
        let ranked = Self.ranking(world, sketch.viewer)
        #expect(Self.rank(13, in: ranked) < Self.rank(12, in: ranked))
        let first = ranked[Self.rank(13, in: ranked)]
        #expect(first.source == .coPlay)
        #expect(first.evidence == "often played next: you watched Horror0 to the end 1 h ago")
    }

    @Test func anAbandonedPlaySaysLess() {
        var world = Self.shelf()
        world.followed(0, by: 12, count: 20)
        var (watched, abandoned) = (ViewerSketch(), ViewerSketch())
        watched.play(world.titles[0], at: Self.now - Self.hour, permille: 1000)
        abandoned.play(world.titles[0], at: Self.now - Self.hour, permille: 50)
        let strong = Self.ranking(world, watched.viewer).first { $0.titleIndex == 12 }
        let weak = Self.ranking(world, abandoned.viewer).first { $0.titleIndex == 12 }
        #expect((strong?.score ?? 0) > (weak?.score ?? 0) + 0.1)
    }

    @Test func ratingsPullAndPushNeighbours() {
        var world = Self.shelf()
        world.followed(0, by: 13, count: 10)
        let cold = Self.ranking(world, Viewer(user: UserID("u")))
        let middle = cold.first { $0.titleIndex == 13 }?.score ?? 0
        var (fan, critic) = (ViewerSketch(), ViewerSketch())
        fan.rate(world.titles[0], tenths: 50, at: Self.now - Self.hour)
        critic.rate(world.titles[0], tenths: 10, at: Self.now - Self.hour)
        let pulled = Self.ranking(world, fan.viewer).first { $0.titleIndex == 13 }?.score ?? 0
        let pushed = Self.ranking(world, critic.viewer).first { $0.titleIndex == 13 }?.score ?? 0
        #expect(pulled > middle && middle > pushed)
    }

    @Test func hidingAndListingAreObeyedOnTheNextPage() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        sketch.list(world.titles[2], at: Self.now - Self.hour)
        sketch.list(world.titles[3], at: Self.now - 2 * Self.hour)
        sketch.list(world.titles[4], isSet: false, at: Self.now - Self.hour)
        let page = world.page(for: sketch.viewer)
        let list = page.rows.first { $0.id == "my_list" }
        #expect(list?.items.map(\.titleIndex) == [2, 3])
        sketch.hide(world.titles[2], at: Self.now)
        let next = world.page(for: sketch.viewer)
        #expect(next.rows.first { $0.id == "my_list" }?.items.map(\.titleIndex) == [3])
        #expect(!next.rows.flatMap(\.items).contains { $0.titleIndex == 2 })
    }

    @Test func myListStillShowsWhatWasCompleted() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        sketch.list(world.titles[2], at: Self.now - Self.day)
        sketch.play(world.titles[2], at: Self.now - Self.hour, permille: 950)
        let page = world.page(for: sketch.viewer)
        #expect(page.rows.first { $0.id == "my_list" }?.items.map(\.titleIndex) == [2])
        #expect(!page.rows.contains { $0.id == "continue_watching" })
    }

    @Test func removalFromContinueWatchingHidesOnlyEarlierPlays() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        sketch.play(world.titles[0], at: Self.now - 3 * Self.hour, permille: 400)
        #expect(world.page(for: sketch.viewer).rows.first?.id == "continue_watching")
        sketch.removeFromContinueWatching(world.titles[0], at: Self.now - 2 * Self.hour)
        #expect(!world.page(for: sketch.viewer).rows.contains { $0.id == "continue_watching" })
        sketch.play(world.titles[0], at: Self.now - Self.hour, permille: 500)
        let row = world.page(for: sketch.viewer).rows.first { $0.id == "continue_watching" }
        #expect(row?.items.map(\.progress) == [0.5])
        #expect(row?.items.first?.evidence == "you stopped at minute 45 of 90, 1 h ago")
        let items = world.composer.continueWatching(for: sketch.viewer, request: HomeWorld.request()).items
        #expect(items.map(\.titleIndex) == [0])
    }

    @Test func continuesAcrossDevicesFromTheNewestPosition() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        sketch.play(world.titles[0], at: Self.now - 3 * Self.hour, permille: 200)
        sketch.play(world.titles[1], at: Self.now - 2 * Self.hour, permille: 300)
        sketch.play(world.titles[0], at: Self.now - Self.hour, permille: 600)
        let row = world.page(for: sketch.viewer).rows.first
        #expect(row?.items.map(\.titleIndex) == [0, 1])
        #expect(row?.items.map(\.progress) == [0.6, 0.3])
    }

    @Test func whatIsShownInVainSinksUntilItIsPlayed() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        let before = Self.ranking(world, sketch.viewer).first { $0.titleIndex == 1 }?.score ?? 0
        sketch.seeShown(world.titles[1], count: 12, at: Self.now - Self.hour)
        let after = Self.ranking(world, sketch.viewer).first { $0.titleIndex == 1 }
        #expect((after?.score ?? 0) < before - 0.2)
        #expect(after?.parts.contains { $0.name == "fatigue" && $0.value < 0 } == true)
    }

    @Test func aSearchGivesARowThatBeginsWithWhatItFound() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        sketch.search("drama3", at: Self.now - Self.hour)
        let row = world.page(for: sketch.viewer).rows.first { $0.id == "search:drama3" }
        #expect(row?.items.first?.titleIndex == 15)
        #expect(row?.items.first?.evidence == "you searched for “drama3” 1 h ago")
        #expect(row?.items.dropFirst().first?.evidence == "like Drama3, found by your search for “drama3”")
    }

    @Test func aSearchFindsGenresAndWordsWithoutTheirAccents() {
        var world = Self.shelf()
        world.titles[7].name = "Häxan: Les Êtres"
        for query in ["haxan", "etres", "HÄX"] {
            var sketch = ViewerSketch()
            sketch.search(query, at: Self.now - Self.hour)
            let row = world.page(for: sketch.viewer).rows.first { $0.id == "search:" + query }
            #expect(row?.items.first?.titleIndex == 7)
        }
        var sketch = ViewerSketch()
        sketch.search("horror", at: Self.now - Self.hour)
        let row = world.page(for: sketch.viewer).rows.first { $0.id == "search:horror" }
        #expect(row?.items.prefix(6).allSatisfy { (6..<12).contains($0.titleIndex) } == true)
    }

    @Test func aPageIsMadeOfCandidatesThatExist() {
        let empty = HomeWorld()
        #expect(empty.page(for: Viewer(user: UserID("u"))).rows.isEmpty)
        #expect(empty.composer.similar(to: 0, snapshot: empty.snapshot, count: 5, request: HomeWorld.request()).items.isEmpty)
    }

    @Test func theViewerWhoPlayedEverythingStillGetsAPage() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        for (index, title) in world.titles.enumerated() { sketch.play(title, at: Self.now - Int64(index + 1) * Self.hour, permille: 1000) }
        let page = world.page(for: sketch.viewer)
        #expect(page.rows.map(\.id) == ["trending:SEA"])
        #expect(Self.ranking(world, sketch.viewer).isEmpty)
    }

    @Test func aTitleOnAnOldListStandsThereAloneEvenWhereAllElseWasPlayed() {
        let world = Self.shelf()
        var sketch = ViewerSketch()
        for title in world.titles.dropFirst() { sketch.play(title, at: Self.now - 40 * Self.day, permille: 1000) }
        sketch.list(world.titles[0], at: Self.now - 60 * Self.day)
        let page = world.page(for: sketch.viewer)
        #expect(page.rows.first { $0.id == "my_list" }?.items.map(\.titleIndex) == [0])
        #expect(page.rows.flatMap(\.items).filter { $0.titleIndex == 0 }.count == 1)
        #expect(page.rows.contains { $0.id == "trending:SEA" })
    }
}
