import Features
import Foundation
import TestSupport
import Testing

@Suite struct DecayedSumTests {
    private let halfLife = DecayedSum.tasteHalfLife
    private let now: Int64 = 1_760_000_000_000

    /// Against Foundation's `exp2` over the raw list.
    @Test(arguments: 0..<20) func theValueIsTheDecayedSumOfTheList(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let list = additions(&random)
        var sum = DecayedSum()
        for (weight, at) in list { sum.add(weight, at: at, halfLife: halfLife) }
        for later in [0, 86_400_000, 200 * 86_400_000] as [Int64] {
            let expected = list.reduce(0.0) { $0 + Double($1.weight) * exp2(-Double(now + later - $1.at) / Double(halfLife)) }
            let value = sum.value(at: now + later, halfLife: halfLife)
            #expect(abs(value - expected) <= 0.001 * Double(list.count) + abs(expected) * 1e-4, "\(value) for \(expected)")
        }
    }

    @Test(arguments: 0..<20) func orderAndPartsDoNotMatter(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // Over more than two periods, so that old ones fall out.
        let list = (0..<100).map { _ in
            (Int64.random(in: -1000...1000, using: &random), now - Int64.random(in: 0...900 * 86_400_000, using: &random))
        }
        var sum = DecayedSum()
        for (weight, at) in list { sum.add(weight, at: at, halfLife: halfLife) }
        var shuffled = DecayedSum()
        for (weight, at) in list.shuffled(using: &random) { shuffled.add(weight, at: at, halfLife: halfLife) }
        #expect(sum == shuffled)
        var parts = [DecayedSum(), DecayedSum(), DecayedSum()]
        for (place, (weight, at)) in list.enumerated() { parts[place % 3].add(weight, at: at, halfLife: halfLife) }
        var merged = parts[2]
        merged.merge(parts[0])
        merged.merge(parts[1])
        #expect(merged == sum)
    }

    @Test func whatIsTakenBackIsGone() {
        var sum = DecayedSum()
        sum.add(777, at: now - 12_345_678, halfLife: halfLife)
        sum.add(-777, at: now - 12_345_678, halfLife: halfLife)
        #expect(sum.value(at: now, halfLife: halfLife) == 0)
    }

    @Test func comparisonAgreesWithTheValues() {
        var random = SplitMix64(seed: 5)
        let sums = (0..<30).map { _ in
            var sum = DecayedSum()
            for _ in 0..<3 {
                let back = Int64.random(in: 0...700 * 86_400_000, using: &random)
                sum.add(Int64.random(in: 1...1000, using: &random), at: now - back, halfLife: halfLife)
            }
            return sum
        }
        for a in sums {
            for b in sums {
                let (first, second) = (a.value(at: now, halfLife: halfLife), b.value(at: now, halfLife: halfLife))
                if abs(first - second) > 1e-9 * (first + second) { #expect(a.isLess(than: b) == (first < second)) }
            }
        }
    }

    private func additions(_ random: inout SplitMix64) -> [(weight: Int64, at: Int64)] {
        (0..<100).map { _ in
            (Int64.random(in: -1000...1000, using: &random), now - Int64.random(in: 0...290 * 86_400_000, using: &random))
        }
    }
}
