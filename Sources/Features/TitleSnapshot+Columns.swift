// hot path

/// Counts of all titles at once, for what is worked out of them every second: without a reference count or a call a title.
extension TitleSnapshot {
    /// Plays begun within a window that ends at `now`, by index of the first `count` titles.
    package func plays(ofFirst count: Int, region: RegionID?, window: CountWindow, at now: Int64) -> [Int64] {
        column(count) { $0.pointee.plays.count(region, window, at: now) }
    }

    /// Times shown within a window that ends at `now`, by index of the first `count` titles.
    package func impressions(ofFirst count: Int, region: RegionID?, window: CountWindow, at now: Int64) -> [Int64] {
        column(count) { $0.pointee.impressions.count(region, window, at: now) }
    }

    /// By pointer: an element taken out of a buffer is a copy, with a reference count for each of its arrays.
    @inline(__always)
    private func column(_ count: Int, _ value: (UnsafePointer<TitleTotals>) -> Int64) -> [Int64] {
        [Int64](unsafeUninitializedCapacity: count) { column, filled in
            titles.withUnsafeBufferPointer { titles in
                let known = min(count, titles.count)
                if let first = titles.baseAddress {
                    for title in 0..<known { column.initializeElement(at: title, to: value(first + title)) }
                }
                for title in known..<count { column.initializeElement(at: title, to: 0) }
            }
            filled = count
        }
    }
}
