import Glibc

/// A seeded generator (SplitMix64: Steele, Lea, Flood 2014) with the distributions that the simulation draws from.
struct SimulationRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func word() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// 0 ≤ x < 1.
    mutating func uniform() -> Double { Double(word() >> 11) * 0x1p-53 }

    mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
    }

    mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// 0 ..< count.
    mutating func below(_ count: Int) -> Int { Int(word().multipliedFullWidth(by: UInt64(count)).high) }

    /// Milliseconds between the two, in seconds given.
    mutating func milliseconds(_ seconds: ClosedRange<Double>) -> Int64 { Int64(uniform(seconds) * 1000) }

    mutating func exponential(mean: Double) -> Double { -mean * log(1 - uniform()) }

    /// Mean 0, deviation 1 (Box and Muller 1958).
    mutating func normal() -> Double { sqrt(-2 * log(1 - uniform())) * cos(2 * Double.pi * uniform()) }

    /// An index drawn by a running sum of weights.
    mutating func index(cumulative sums: [Double]) -> Int {
        let target = uniform() * sums[sums.count - 1]
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return low
    }

    mutating func shuffle<T>(_ items: inout [T]) {
        for last in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(last, below(last + 1)) }
    }
}
