import Catalog
import EventLog
import Events
package import FeatureStore
package import Features
import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// Keeps the title snapshot fresh, once a second, on a thread of its own (DESIGN §7); takes in catalogue changes of other processes.
package final class SnapshotService: Service {
    private static let intervalSeconds = 1.0
    private static let refreshesPerReport = 10

    private let makeFeed: @Sendable (Keys) -> TitleFeed
    private let namespaces: NamespaceWatch
    private let catalogs: CatalogStore
    private let limits: ProfileLimits
    private let published: PublishedBox
    private let winners: WinnerBoard
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)

    package init(
        makeFeed: @escaping @Sendable (Keys) -> TitleFeed, namespaces: NamespaceWatch, catalogs: CatalogStore, limits: ProfileLimits,
        published: PublishedBox,
        winners: WinnerBoard, logger: Logger
    ) {
        self.makeFeed = makeFeed
        self.namespaces = namespaces
        self.catalogs = catalogs
        self.limits = limits
        self.published = published
        self.winners = winners
        self.logger = logger
    }

    package func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread { [self] in
                    nameThread("title snapshot")
                    keepFresh()
                    continuation.resume()
                }
                thread.stackSize = 4 << 20
                thread.start()
            }
        } onCancelOrGracefulShutdown: {
            self.isStopping.store(true, ordering: .releasing)
        }
    }

    private func keepFresh() {
        var keys = published.current.keys
        var feed = makeFeed(keys)
        var builder = TitleSnapshotBuilder()
        var wasFailing = false
        var refreshCount = 0
        while !isStopping.load(ordering: .acquiring) {
            // Another namespace serves: its title values are read whole before any request sees it.
            if namespaces.isKnown, namespaces.current.serving != keys.namespace {
                keys = Keys(namespace: namespaces.current.serving, bucketsPerPartition: keys.bucketsPerPartition)
                feed = makeFeed(keys)
                builder = TitleSnapshotBuilder()
            }
            do {
                try refresh(&feed, &builder, keys)
                if refreshCount % SnapshotService.refreshesPerReport == 0 { winners.refresh(published.current.snapshot) }
                refreshCount += 1
                wasFailing = false
            } catch {
                if !wasFailing { logger.warning("title snapshot not refreshed; serving the old one", metadata: ["error": "\(error)"]) }
                wasFailing = true
            }
            let until = ContinuousClock.now + .seconds(SnapshotService.intervalSeconds)
            while ContinuousClock.now < until, !isStopping.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.02) }
        }
    }

    private func refresh(_ feed: inout TitleFeed, _ builder: inout TitleSnapshotBuilder, _ keys: Keys) throws {
        _ = try catalogs.refresh()
        try limits.refresh()
        for changed in try feed.changes() {
            var names = NameTable()
            let value = try changed.value.withUnsafeBytes { try TitleValue(from: $0, names: &names) }
            guard let topic = Topic.allCases.first(where: { $0.key == changed.source.topic }) else { continue }
            builder.replace(
                topic: topic.rawValue, partition: changed.source.partition, title: changed.title.description, value: value, names: names)
        }
        let catalog = catalogs.current
        let now = wallClockMilliseconds()
        let snapshot = builder.makeSnapshot(catalogVersion: catalog.version, titleCount: catalog.titles.count, at: now) {
            catalog.index(of: $0)
        }
        published.publish(snapshot, of: keys, catalog: catalog, at: now)
    }
}
