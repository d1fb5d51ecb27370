import Catalog
import Features
import Foundation
import Home
import TestSupport
import Testing

@testable import Service

@Suite struct PublishedTests {
    private func box() throws -> PublishedBox {
        let resources = try Resources(environment: ["RECS_HOME": Repository.root.path])
        let catalog = Catalog(version: 1, titles: [], genreNames: [])
        return PublishedBox(catalog: catalog, model: try RankerModel(json: resources.rankerModel()), keys: keys)
    }

    private let keys = Keys(namespace: "main", bucketsPerPartition: 4)

    /// Regions that pages were asked for are there before the next snapshot is served; others are forgotten with the one they were of.
    @Test func standingsOfTheRegionsInUseAreReadyWithEachSnapshot() async throws {
        let box = try box()
        let (eu, sea) = (try #require(RegionID("EU")), try #require(RegionID("SEA")))
        let first = await box.current.standings(region: eu)
        let again = await box.current.standings(region: eu)
        #expect(again === first && first.region == eu)
        for second in 1...3 as ClosedRange<Int64> {
            box.publish(TitleSnapshot(), of: keys, catalog: box.current.catalog, at: second * 1000)
            #expect(box.current.preparedRegions == [eu])
            let standings = await box.current.standings(region: eu)
            #expect(standings.now == second * 1000 && standings !== first)
        }
        box.publish(TitleSnapshot(), of: keys, catalog: box.current.catalog, at: 4000)
        let other = await box.current.standings(region: sea)
        #expect(other.now == 4000)
        box.publish(TitleSnapshot(), of: keys, catalog: box.current.catalog, at: 5000)
        #expect(box.current.preparedRegions == [sea])
    }
}
