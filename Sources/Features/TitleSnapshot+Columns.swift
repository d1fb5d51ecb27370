// hot path

/// Counts of all titles at once, for what is worked out of them every second: without a reference count or a call a title.
extension TitleSnapshot {
    /// Plays begun within a window that ends at `now`, by index of the first `count` titles.
    package func plays(ofFirst count: Int, region: RegionID?, window: CountWindow, at now: Int64) -> [Int64] {
        column(count) { $0.plays.count(region, window, at: now) }
    }

    /// Times shown within a window that ends at `now`, by index of the first `count` titles.
    package func impressions(ofFirst count: Int, region: RegionID?, window: CountWindow, at now: Int64) -> [Int64] {
        column(count) { $0.impressions.count(region, window, at: now) }
    }

    @inline(__always)
    private func column(_ count: Int, _ value: (borrowing TitleTotals) -> Int64) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: count) { column, filled in
            titles.withUnsafeBufferPointer { titles in
                for title in 0..<count {
                    column.initializeElement(at: title, to: title < titles.count ? value(titles[title]) : 0)
                }
            }
            filled = count
        }
    }
}
