// hot path

/// A span of event time that features look back on (DESIGN §7).
///
/// A window is the tile under way and the `tileCount − 1` tiles before it, so it spans between (n − 1)/n and all of its name: the hour
/// 55 to 60 minutes, the day 23 to 24 hours, the week 6 to 7 days. Tiles are absolute (tile number = event time / tile length).
package enum TasteWindow: UInt8, CaseIterable, Sendable {
    case hour, day, week
    /// Everything: for taste with exponential decay, for counts without.
    case lifetime

    /// Length of a tile, milliseconds; 0 where there are none.
    package var tileMilliseconds: Int64 {
        switch self {
        case .hour: 300_000
        case .day: 3_600_000
        case .week: 86_400_000
        case .lifetime: 0
        }
    }

    /// Tiles in the window; 0 where there are none.
    package var tileCount: Int64 {
        switch self {
        case .hour: 12
        case .day: 24
        case .week: 7
        case .lifetime: 0
        }
    }

    /// The number of the tile that holds a time; times before 1970 and beyond 32 bits of tiles fall into the outermost one.
    @inline(__always)
    func tile(of at: Int64) -> UInt64 {
        UInt64(min(max(at / tileMilliseconds, 0), Int64(UInt32.max)))
    }
}

/// The windows of counts are those of taste.
package typealias CountWindow = TasteWindow
