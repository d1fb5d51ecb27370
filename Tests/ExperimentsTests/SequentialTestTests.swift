import TestSupport
import Testing

@testable import Experiments

@Suite struct SequentialTestTests {
    /// 400 tests of two equal variants, looked at after every 50 viewers per arm up to 5,000: by the guarantee at most 5 % are ever
    /// called different; with four standard errors of the simulation that is 9.4 %.
    @Test(arguments: [0.02, 0.1, 0.3]) func equalVariantsAreSeldomCalledDifferentDespitePeeking(rate: Double) {
        var random = SplitMix64(seed: UInt64(rate * 1000))
        var falseCount = 0
        for _ in 0..<400 where isEverSignificant(rates: (rate, rate), looks: 100, random: &random) { falseCount += 1 }
        #expect(Double(falseCount) / 400 <= 0.05 + 4 * 0.011)
    }

    @Test func aPlantedLiftIsFound() {
        var random = SplitMix64(seed: 7)
        var foundCount = 0
        for _ in 0..<50 where isEverSignificant(rates: (0.1, 0.15), looks: 100, random: &random) { foundCount += 1 }
        #expect(foundCount >= 48)
    }

    @Test func theConfidenceSequenceShutsOutNoEffectWhereThePValueIsTiny() {
        let test = SequentialTest()
        let control = Arm(exposed: 20_000, won: 1000)
        let better = Arm(exposed: 20_000, won: 1300)
        #expect(test.pValue(better, control: control) < 1e-4)
        #expect(test.difference(better, control: control).low > 0)
        #expect(test.pValue(control, control: control) == 1)
    }

    @Test func nothingIsSaidOfAFewWins() {
        #expect(SequentialTest().pValue(Arm(exposed: 100, won: 19), control: Arm(exposed: 100, won: 0)) == 1)
    }

    private func isEverSignificant(rates: (Double, Double), looks: Int, random: inout SplitMix64) -> Bool {
        let test = SequentialTest()
        var first = Arm(exposed: 0, won: 0)
        var second = first
        for _ in 0..<looks {
            first = grown(first, rates.0, &random)
            second = grown(second, rates.1, &random)
            if test.pValue(second, control: first) <= 0.05 { return true }
        }
        return false
    }

    private func grown(_ arm: Arm, _ rate: Double, _ random: inout SplitMix64) -> Arm {
        let threshold = UInt64(rate * 0x1p64)
        var won = arm.won
        for _ in 0..<50 where random.next() < threshold { won += 1 }
        return Arm(exposed: arm.exposed + 50, won: won)
    }
}
