// hot path

/// What was counted of something within each window that ends at a moment, and ever.
package struct WindowCounts: Sendable, Equatable, BitwiseCopyable {
    package var hour: Int64 = 0
    package var day: Int64 = 0
    package var week: Int64 = 0
    package var ever: Int64 = 0
    package init() {}
}

/// How often a title was played and shown in a region, and played in all regions together.
package struct TitleCounts: Sendable, Equatable, BitwiseCopyable {
    package var plays = WindowCounts()
    package var impressions = WindowCounts()
    package var playsEverywhere = WindowCounts()
    package init() {}
}

extension TitleSnapshot {
    /// The counts of the first `count` titles in one pass, for what is worked out of all of them every second. A region of nil: all regions.
    /// Tiles are not added up again where none has ended since the snapshot was made.
    package func counts(ofFirst count: Int, region: RegionID?, at now: Int64) -> [TitleCounts] {
        let windows = TileCells.Bounds(at: now)
        let bounds = windows == self.bounds ? nil : windows
        var counts = [TitleCounts](repeating: TitleCounts(), count: count)
        // By pointer: an element taken out of a buffer is a copy, with a reference count for each of its arrays.
        titles.withUnsafeBufferPointer { titles in
            guard let first = titles.baseAddress else { return }
            for title in 0..<min(count, titles.count) {
                counts[title].plays = first[title].plays.counts(region, bounds)
                counts[title].impressions = first[title].impressions.counts(region, bounds)
                counts[title].playsEverywhere = region == nil ? counts[title].plays : first[title].plays.counts(nil, bounds)
            }
        }
        return counts
    }
}
