import Catalog
import Features
import Home
import TestSupport
import Testing

/// The page that is served against the dumbest one, over random viewers and catalogues.
@Suite struct ReferenceTests {
    @Test(arguments: Array(1...40) as [UInt64]) func pagesAreThoseOfTheDumbestRanking(seed: UInt64) {
        var random = SplitMix64(seed: seed &* 104_729)
        let world = HomeWorld.random(seed: seed, titleCountMax: seed % 10 == 0 ? 120 : 40)
        let snapshot = world.snapshot
        let composer = world.composer
        for _ in 0..<2 {
            let viewer =
                Int.random(in: 0..<8, using: &random) == 0 ? Viewer(user: UserID("cold")) : ViewerSketch.random(in: world, using: &random)
            let request = HomeWorld.request(
                region: [HomeWorld.sea, HomeWorld.eu, RegionID.none].randomElement(using: &random)!,
                maturityLimit: [7, 18].randomElement(using: &random)!, rowCountMax: Int.random(in: 1...12, using: &random),
                itemCountMax: Int.random(in: 1...12, using: &random))
            let standings = composer.standings(region: request.region, snapshot: snapshot, now: request.now)
            let page = composer.page(for: viewer, snapshot: snapshot, request: request, standings: standings)
            let reference = ReferencePage(world, viewer, snapshot, request, standings)
            #expect(page.rows.map { .init(id: $0.id, titles: $0.items.map(\.titleIndex)) } == reference.rows())
        }
    }

    /// Hundreds of titles of few sets of genres, most of which stand equal, and a viewer whose state speaks of a few: at the head of a set, in its
    /// middle, at its end.
    @Test(arguments: Array(1...12) as [UInt64]) func longListsArePassedThroughAroundWhatTheViewerKnows(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var world = HomeWorld()
        let sets: [[UInt8]] = [[1], [1, 2], [2, 3], [4, 5]]
        for index in 0..<300 {
            let set = Int.random(in: 0..<4, using: &random)
            world.add("title\(index)", genres: sets[set], regions: set == 3 ? [HomeWorld.eu] : [])
        }
        for _ in 0..<20 {
            let title = world.titles.indices.randomElement(using: &random)!
            world.played(title, at: HomeWorld.now - HomeWorld.day, count: Int.random(in: 1...4, using: &random))
        }
        world.followed(7, by: 250)
        var sketch = ViewerSketch()
        for place in [0, 7, 150, 299].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)) {
            sketch.play(world.titles[place], at: HomeWorld.now - HomeWorld.hour, permille: 1000)
        }
        sketch.hide(world.titles[Int.random(in: 0..<300, using: &random)], at: HomeWorld.now - HomeWorld.hour)
        // A genre that the catalogue does not have any more.
        sketch.viewer.play.taste.add(genre: GenreID(200), weight: 500, at: HomeWorld.now - HomeWorld.hour)
        let (snapshot, composer) = (world.snapshot, world.composer)
        for region in [HomeWorld.sea, HomeWorld.eu] {
            let request = HomeWorld.request(region: region, rowCountMax: 8, itemCountMax: 12)
            let standings = composer.standings(region: region, snapshot: snapshot, now: request.now)
            let page = composer.page(for: sketch.viewer, snapshot: snapshot, request: request, standings: standings)
            let reference = ReferencePage(world, sketch.viewer, snapshot, request, standings)
            #expect(page.rows.map { .init(id: $0.id, titles: $0.items.map(\.titleIndex)) } == reference.rows())
        }
    }
}
