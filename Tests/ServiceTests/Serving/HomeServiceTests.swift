import Catalog
import EventLog
import FeatureStore
import Features
import Foundation
import Home
import Jobs
import Logging
import TestSupport
import Testing

@testable import Service

/// Pages with thumbnail tests on a real Redis.
@Suite struct HomeServiceTests {
    private static let test = ThumbnailTest(
        id: TestID("sintel-artwork"), title: TitleID("sintel"),
        variants: [
            .init(id: VariantID("a"), artwork: ArtworkID("on-trial-a"), weight: 0.5),
            .init(id: VariantID("b"), artwork: ArtworkID("on-trial-b"), weight: 0.5),
        ], coverage: 1)

    private let folder: TemporaryFolder
    private let redis: RedisServer

    init() throws {
        folder = try TemporaryFolder()
        redis = try RedisServer(folder: folder.path("redis"))
    }

    /// The parts of a service that does not run, with the shipped catalogue.
    private func makeParts() async throws -> Parts {
        var configuration = Configuration()
        configuration.dataFolder = folder.path("data")
        configuration.jobs.tests = [HomeServiceTests.test]
        let logger = Logger(label: "test")
        let resources = try Resources(environment: ["RECS_HOME": Repository.root.path])
        let control = try ControlStore(folder: configuration.dataFolder)
        let catalogs = try CatalogStore(control: control)
        _ = try catalogs.apply(CatalogDocument.parse(resources.catalog()), withdrawsOthers: false)
        return try Parts(
            configuration: configuration,
            foundations: await Foundations.open(configuration, resources: resources, logger: logger), control: control, catalogs: catalogs,
            definitions: DefinitionStore(control: control), address: redis.address, model: RankerModel(json: resources.rankerModel()),
            logger: logger)
    }

    @Test func viewerKeepsTheArtworkOnTrialWhileTitleCountsAreOld() async throws {
        let parts = try await makeParts()
        let now = wallClockMilliseconds()
        let user = UserID("viewer")
        let sintel = try #require(parts.catalogs.current.index(of: HomeServiceTests.test.title))
        // Nothing refreshes the snapshot here.
        let early = try await parts.home.page(for: user, in: parts.home.published.current, wish: PageWish(), now: now)
        #expect(early.warnings == ["title counts have not been read yet"])
        parts.published.publish(TitleSnapshot(), of: parts.keys, catalog: parts.catalogs.current, at: now)
        let fresh = try await parts.home.page(for: user, in: parts.home.published.current, wish: PageWish(), now: now)
        let old = try await parts.home.page(for: user, in: parts.home.published.current, wish: PageWish(), now: now + 60_000)
        #expect(fresh.warnings.isEmpty && old.warnings == ["title counts are 60 s old"])
        let artwork = try #require(fresh.artworkOnTrial(of: sintel))
        #expect(HomeServiceTests.test.variants.map(\.artwork).contains(artwork))
        #expect(old.artworkOnTrial(of: sintel) == artwork && early.artworkOnTrial(of: sintel) == artwork)
        redis.stop()
        let unread = try await parts.home.page(for: user, in: parts.home.published.current, wish: PageWish(), now: now)
        #expect(unread.warnings.count == 1 && unread.tests.isEmpty && unread.artworkOnTrial(of: sintel) == nil)
        await parts.close()
    }
}
