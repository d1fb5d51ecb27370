import Features
import Glibc

/// A weight in thousandths that a viewer gave to a title.
package struct OracleSignal: Sendable {
    package var title: String
    package var weight: Int64
    package var at: Int64
}

/// The windows of DESIGN §7: length of a tile in milliseconds, and how many there are with the one under way.
private func tiles(of window: TasteWindow) -> (length: Int64, count: Int64) {
    switch window {
    case .hour: (5 * minute, 12)
    case .day: (hour, 24)
    case .week: (day, 7)
    case .lifetime: (1, Int64.max)
    }
}

/// True where a time is within a window that ends at `now`.
func isWithin(_ window: TasteWindow, _ at: Int64, now: Int64) -> Bool {
    if window == .lifetime { return true }
    let (length, count) = tiles(of: window)
    return at / length <= now / length && at / length > now / length - count
}

/// A sum under exponential decay as it is now, and how far an exact sum may be off.
func decayed(_ weights: [(weight: Int64, at: Int64)], halfLife: Int64, now: Int64) -> (value: Double, tolerance: Double) {
    var value = 0.0
    var tolerance = 0.01
    let newest = weights.map(\.at).max() ?? 0
    for (weight, at) in weights {
        let decayed = Double(weight) * exp2(Double(at - now) / Double(halfLife))
        value += decayed
        // Roots of two to a 65,536th of a half-life; what has decayed to less than a thousandth may be gone.
        tolerance += abs(decayed) * (newest - at > 10 * halfLife ? 1 : 5e-5)
    }
    return (value, tolerance)
}

extension OracleSettings {
    /// Thousandths by genre: a signal's weight is split evenly, the remainder dropped.
    func taste(_ signals: [OracleSignal]) -> [UInt8: [(weight: Int64, at: Int64)]] {
        var byGenre: [UInt8: [(weight: Int64, at: Int64)]] = [:]
        for signal in signals {
            let genres = titles[signal.title]?.genres ?? []
            for genre in genres { byGenre[genre, default: []].append((signal.weight / Int64(genres.count), signal.at)) }
        }
        return byGenre
    }

    /// What differs in a viewer's taste, window by window.
    func differences(in found: TasteWindows, signals: [OracleSignal], at now: Int64) -> [String] {
        let expected = taste(signals)
        var differences: [String] = []
        for window in TasteWindow.allCases {
            var weights: [UInt8: Double] = [:]
            for entry in found.weights(window: window, at: now) { weights[entry.genre.raw] = entry.weight }
            for genre in Set(expected.keys).union(weights.keys).sorted() {
                let parts = (expected[genre] ?? []).filter { isWithin(window, $0.at, now: now) }
                var (value, tolerance) = (Double(parts.reduce(0) { $0 + $1.weight }), 0.01)
                if window == .lifetime { (value, tolerance) = decayed(parts, halfLife: 30 * day, now: now) }
                let weight = weights[genre] ?? 0
                if abs(weight * 1000 - value) > tolerance {
                    differences.append("taste, window \(window) at \(now), genre \(genre): expected \(value / 1000), found \(weight)")
                }
            }
        }
        return differences
    }
}
