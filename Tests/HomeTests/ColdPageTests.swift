import Catalog
import Features
import Home
import TestSupport
import Testing

/// What viewers see of whom nothing is known, and what everybody sees: trending, popular, similar.
@Suite struct ColdPageTests {
    static let now = HomeWorld.now
    static let hour = HomeWorld.hour
    static let day = HomeWorld.day

    /// Twenty titles; the first half was played most before this week, the second half is played today.
    static func drifting() -> HomeWorld {
        var world = HomeWorld()
        for index in 0..<20 { world.add("title\(index)", genres: [UInt8(index % 5 + 1)], addedAt: index >= 17 ? now - day : 0) }
        for index in 0..<10 { world.played(index, at: now - 30 * day, count: 100) }
        for index in 10..<20 { world.played(index, at: now - 2 * hour, count: 30) }
        return world
    }

    @Test func aColdViewerGetsTrendingPopularNewAndGenreRowsAtOnce() {
        let page = Self.drifting().page(for: Viewer(user: UserID("new")), request: HomeWorld.request(itemCountMax: 4))
        let ids = page.rows.map(\.id)
        #expect(ids.contains("top_picks") && ids.contains("trending:SEA"))
        #expect(ids.contains { $0.hasPrefix("genre:") })
        #expect(page.rows.allSatisfy { $0.items.count >= 3 })
    }

    @Test func coldRankingFollowsADriftThatLifetimePopularityMisses() {
        let world = Self.drifting()
        let items = world.composer.recommendations(
            for: Viewer(user: UserID("new")), snapshot: world.snapshot, count: 10, request: HomeWorld.request()
        ).items
        #expect(Set(items.map(\.titleIndex)) == Set(10..<20))
    }

    @Test func popularityIsOfTheRegionWhereThereIsEnoughOfIt() {
        var world = HomeWorld()
        for index in 0..<6 { world.add("title\(index)") }
        world.played(0, region: HomeWorld.eu, at: Self.now - 3 * Self.day, count: 1000)
        world.played(1, region: HomeWorld.sea, at: Self.now - 3 * Self.day, count: 300)
        let cold = Viewer(user: UserID("new"))
        let sea = world.composer.recommendations(for: cold, snapshot: world.snapshot, count: 1, request: HomeWorld.request()).items
        let eu = world.composer.recommendations(
            for: cold, snapshot: world.snapshot, count: 1, request: HomeWorld.request(region: HomeWorld.eu)
        ).items
        #expect(sea.map(\.titleIndex) == [1])
        #expect(eu.map(\.titleIndex) == [0])
        #expect(sea.first?.evidence == "300 plays in SEA in the last 7 days")
    }

    @Test func trendingIsSurpriseNotSize() {
        var world = HomeWorld()
        for index in 0..<10 { world.add("title\(index)") }
        for dayBack in Int64(1)...6 {
            for index in 0..<10 { world.played(index, at: Self.now - dayBack * Self.day, count: index == 0 ? 240 : 24) }
        }
        world.played(0, at: Self.now - 10 * HomeWorld.minute, count: 10)
        world.played(1, at: Self.now - 10 * HomeWorld.minute, count: 12)
        let items = world.composer.trending(
            region: HomeWorld.sea, snapshot: world.snapshot, count: 3, request: HomeWorld.request()
        ).items
        #expect(items.first?.titleIndex == 1)
        #expect(items.first?.source == .trending)
        #expect(items.first?.evidence.hasPrefix("12 plays in SEA in the last ") == true)
        #expect(items.first?.evidence.hasSuffix(" expected") == true)
    }

    @Test func beingShownMoreIsNoTrend() {
        var world = HomeWorld()
        for index in 0..<8 { world.add("title\(index)") }
        for dayBack in Int64(1)...6 {
            for index in 0..<8 {
                world.shown(index, at: Self.now - dayBack * Self.day, count: 100)
                world.played(index, at: Self.now - dayBack * Self.day, count: 10)
            }
        }
        // The first is played more because it stands on every page, the second although it is shown as ever.
        world.shown(0, at: Self.now - 5 * HomeWorld.minute, count: 200)
        world.played(0, at: Self.now - 5 * HomeWorld.minute, count: 20)
        world.shown(1, at: Self.now - 5 * HomeWorld.minute, count: 40)
        world.played(1, at: Self.now - 5 * HomeWorld.minute, count: 20)
        let standings = world.composer.standings(region: HomeWorld.sea, snapshot: world.snapshot, now: Self.now)
        #expect(standings.trends[1].deviations > standings.trends[0].deviations + 1)
    }

    @Test func trendsAreOfTheirRegion() {
        var world = Self.drifting()
        for dayBack in Int64(1)...6 { world.played(3, region: HomeWorld.eu, at: Self.now - dayBack * Self.day, count: 2) }
        world.played(3, region: HomeWorld.eu, at: Self.now - HomeWorld.minute, count: 50)
        world.played(4, region: HomeWorld.eu, at: Self.now - 2 * Self.day, count: 200)
        let eu = world.composer.trending(region: HomeWorld.eu, snapshot: world.snapshot, count: 1, request: HomeWorld.request()).items
        #expect(eu.map(\.titleIndex) == [3])
        let standings = world.composer.standings(region: HomeWorld.sea, snapshot: world.snapshot, now: Self.now)
        #expect(standings.trends[3].deviations == 0)
    }

    @Test func handedInStandingsGiveTheSamePage() {
        let world = Self.drifting()
        let request = HomeWorld.request()
        let viewer = Viewer(user: UserID("new"))
        let standings = world.composer.standings(region: request.region, snapshot: world.snapshot, now: request.now)
        let given = world.composer.page(for: viewer, snapshot: world.snapshot, request: request, standings: standings)
        let own = world.composer.page(for: viewer, snapshot: world.snapshot, request: request)
        #expect(given.rows.map { $0.items.map(\.titleIndex) } == own.rows.map { $0.items.map(\.titleIndex) })
    }

    @Test func similarTitlesFollowAndShareGenres() {
        var world = HomeWorld()
        for index in 0..<4 { world.add("western\(index)", genres: [5]) }
        for index in 0..<4 { world.add("comedy\(index)", genres: [1]) }
        world.followed(0, by: 5, count: 30)
        let items = world.composer.similar(to: 0, snapshot: world.snapshot, count: 10, request: HomeWorld.request()).items
        #expect(items.first?.titleIndex == 5)
        #expect(items.first?.source == .coPlay)
        #expect(Set(items.map(\.titleIndex)) == [1, 2, 3, 5])
        for item in items { #expect(abs(item.parts.reduce(0) { $0 + $1.value } - item.score) < 1e-9) }
    }
}
