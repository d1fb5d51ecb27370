package import Catalog
package import Features
package import Home
import NIOConcurrencyHelpers

/// What requests are answered from: namespace, catalogue, title snapshot, composer; replaced as a whole, so that a request which holds
/// one sees one namespace from beginning to end.
package final class Published: Sendable {
    package let catalog: Catalog
    package let snapshot: TitleSnapshot
    package let composer: HomeComposer
    /// The titles of `catalog` as answers write them.
    let fragments: TitleFragments
    /// When the snapshot was last brought up to date, milliseconds; 0 before the first time.
    package let snapshotAt: Int64
    /// The namespace that the snapshot is of, and that the viewer's state has to come from.
    package let keys: Keys
    private let standings = StandingsCache()
    private let coPlays = NIOLockedValueBox<CoPlays?>(nil)

    /// How titles stand in the region, worked out once a region and snapshot; not on the thread that asks, which may have other requests.
    package func standings(region: RegionID) async -> RegionStandings {
        if let known = standings.known(region) { return known }
        return await withTaskExecutorPreference(globalConcurrentExecutor) { @concurrent in standings.value(for: region) { make(region) } }
    }

    /// Works out the standings of the regions that pages were asked for while `before` was served, so that no request waits for them and no
    /// two work them out at the same time.
    fileprivate func prepare(regionsOf before: Published) {
        for region in before.standings.usedRegions { standings.prepare(make(region), for: region) }
    }

    /// The regions whose standings are there.
    var preparedRegions: [RegionID] { standings.regions }

    private func make(_ region: RegionID) -> RegionStandings {
        composer.standings(region: region, snapshot: snapshot, now: snapshotAt, coPlays: sharedCoPlays)
    }

    /// Worked out with the first region that is asked for.
    private var sharedCoPlays: CoPlays {
        if let known = coPlays.withLockedValue({ $0 }) { return known }
        let made = composer.coPlays(snapshot)
        coPlays.withLockedValue { $0 = made }
        return made
    }

    /// By region; at most `regionCountMax`, beyond which they are worked out for each request.
    private final class StandingsCache: Sendable {
        private struct Entry {
            var standings: RegionStandings
            var isUsed: Bool
        }

        static let regionCountMax = 64
        private let box = NIOLockedValueBox<[RegionID: Entry]>([:])

        var regions: [RegionID] { box.withLockedValue { Array($0.keys) } }

        var usedRegions: [RegionID] { box.withLockedValue { $0.compactMap { $0.value.isUsed ? $0.key : nil } } }

        func known(_ region: RegionID) -> RegionStandings? {
            box.withLockedValue { entries in
                entries[region]?.isUsed = true
                return entries[region]?.standings
            }
        }

        func value(for region: RegionID, make: () -> RegionStandings) -> RegionStandings {
            if let found = known(region) { return found }
            let made = make()
            box.withLockedValue { if $0.count < StandingsCache.regionCountMax { $0[region] = Entry(standings: made, isUsed: true) } }
            return made
        }

        func prepare(_ standings: RegionStandings, for region: RegionID) {
            box.withLockedValue { $0[region] = Entry(standings: standings, isUsed: false) }
        }
    }

    init(
        catalog: Catalog, snapshot: TitleSnapshot, composer: HomeComposer, fragments: TitleFragments, snapshotAt: Int64, keys: Keys
    ) {
        self.catalog = catalog
        self.fragments = fragments
        self.snapshot = snapshot
        self.composer = composer
        self.snapshotAt = snapshotAt
        self.keys = keys
    }
}

/// Holds the newest `Published`; a request takes one and keeps it to its end.
package final class PublishedBox: Sendable {
    private let box: NIOLockedValueBox<Published>
    private let model: RankerModel

    package init(catalog: Catalog, model: RankerModel, keys: Keys) {
        self.model = model
        let composer = HomeComposer(catalog: catalog, model: model)
        box = NIOLockedValueBox(
            Published(
                catalog: catalog, snapshot: TitleSnapshot(), composer: composer, fragments: TitleFragments(catalog), snapshotAt: 0,
                keys: keys))
    }

    package var current: Published { box.withLockedValue { $0 } }

    /// Publishes a snapshot of a namespace made for `catalog` at `now`, milliseconds.
    package func publish(_ snapshot: TitleSnapshot, of keys: Keys, catalog: Catalog, at now: Int64) {
        let known = current
        let isSame = known.catalog.version == catalog.version
        let next = Published(
            catalog: catalog, snapshot: snapshot, composer: isSame ? known.composer : HomeComposer(catalog: catalog, model: model),
            fragments: isSame ? known.fragments : TitleFragments(catalog), snapshotAt: now, keys: keys)
        next.prepare(regionsOf: known)
        box.withLockedValue { $0 = next }
    }
}
