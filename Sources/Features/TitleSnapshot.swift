/// What all partitions of all jobs together say of the catalogue's titles, as serving reads it: an immutable value, made anew about
/// every second by `TitleSnapshotBuilder`.
///
/// Titles are catalogue indices of the catalogue that the snapshot was made for (`catalogVersion`); an index that it does not have
/// counts 0. A region of nil means all regions together. Times are milliseconds since 1970.
package struct TitleSnapshot: Sendable {
    /// Version of the catalogue whose indices are used.
    package var catalogVersion: Int64 = 0
    /// Wall time at which the values were read from the store.
    package var asOf: Int64 = 0
    var titles: [TitleTotals] = []
    /// The bounds of windows that titles' counts were made for.
    var bounds: TileCells.Bounds?
    var testArms: [TestID: [ArmTotal]] = [:]

    /// A snapshot of nothing: every count is 0.
    package init() {}

    /// Milliseconds since the values were read.
    package func age(at now: Int64) -> Int64 { max(now - asOf, 0) }

    /// Plays begun within a window that ends at `now`.
    package func plays(_ title: Int, region: RegionID?, window: CountWindow, at now: Int64) -> Int64 {
        titles.indices.contains(title) ? titles[title].plays.count(region, window, at: now) : 0
    }

    /// Times shown within a window that ends at `now`.
    package func impressions(_ title: Int, region: RegionID?, window: CountWindow, at now: Int64) -> Int64 {
        titles.indices.contains(title) ? titles[title].impressions.count(region, window, at: now) : 0
    }

    /// Plays ever.
    package func totalPlays(_ title: Int, region: RegionID?) -> Int64 { plays(title, region: region, window: .lifetime, at: 0) }

    /// Titles of the catalogue that were played after this one, by decayed weight at `asOf`, the strongest first (ties: lower index).
    package func successors(_ title: Int) -> [SuccessorWeight] {
        titles.indices.contains(title) ? titles[title].successors : []
    }

    /// The counts of a thumbnail test, by variant and segment (in the order of their texts).
    package func arms(test: TestID) -> [ArmTotal] { testArms[test] ?? [] }
}

/// How strongly a title follows another one.
package struct SuccessorWeight: Sendable, Equatable, BitwiseCopyable {
    /// Catalogue index of the title that was played after.
    package var title: Int
    /// Plays weighted by 1 / distance, undecayed.
    package var total: Double
    /// The same with a half-life of 90 days, as of the snapshot.
    package var recent: Double

    package init(title: Int, total: Double, recent: Double) {
        self.title = title
        self.total = total
        self.recent = recent
    }
}

/// Viewers exposed to a variant within a segment, and how many of them won, over all partitions.
package struct ArmTotal: Sendable, Equatable {
    package var variant: VariantID
    package var segment: String
    package var exposed: Int64
    package var won: Int64

    package init(variant: VariantID, segment: String, exposed: Int64, won: Int64) {
        self.variant = variant
        self.segment = segment
        self.exposed = exposed
        self.won = won
    }
}

/// The sums of one title over partitions.
struct TitleTotals: Sendable {
    var plays = RegionTotals()
    var impressions = RegionTotals()
    /// Strongest first.
    var successors: [SuccessorWeight] = []

    /// Works out what is asked of all titles at once.
    mutating func count(_ bounds: TileCells.Bounds) {
        plays.count(bounds)
        impressions.count(bounds)
    }
}

/// Tiles of all regions together and of each, with what their windows hold at a moment.
struct RegionTotals: Sendable {
    private struct Counted: Sendable {
        var tiles = CountTiles()
        var counts = WindowCounts()

        mutating func count(_ bounds: TileCells.Bounds) { counts = tiles.counts(bounds) }
    }

    private var all = Counted()
    private var regions: [(region: RegionID, counted: Counted)] = []

    mutating func merge(_ others: [RegionTiles]) {
        for other in others {
            all.tiles.merge(other.tiles)
            let place = regions.firstIndex { $0.region == other.region } ?? regions.count
            if place == regions.count { regions.append((other.region, Counted())) }
            regions[place].counted.tiles.merge(other.tiles)
        }
    }

    /// Works out what `counts` answers.
    mutating func count(_ bounds: TileCells.Bounds) {
        all.count(bounds)
        for place in regions.indices { regions[place].counted.count(bounds) }
    }

    func count(_ region: RegionID?, _ window: CountWindow, at now: Int64) -> Int64 {
        guard let region else { return all.tiles.count(window: window, at: now) }
        return regions.first { $0.region == region }?.counted.tiles.count(window: window, at: now) ?? 0
    }

    /// What all windows hold; with no bounds, at the moment that was counted last.
    func counts(_ region: RegionID?, _ bounds: TileCells.Bounds?) -> WindowCounts {
        guard let region else { return bounds.map(all.tiles.counts) ?? all.counts }
        return regions.withUnsafeBufferPointer { regions in
            guard let first = regions.baseAddress else { return WindowCounts() }
            for place in regions.indices where first[place].region == region {
                return bounds.map(first[place].counted.tiles.counts) ?? first[place].counted.counts
            }
            return WindowCounts()
        }
    }
}
