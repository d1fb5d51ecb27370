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
}
