import TestSupport
import Testing

@testable import Experiments

/// Expected values: scipy 1.17.1 and statsmodels 0.15.0 (`scipy.special.gammaincc`, `betainc`, `scipy.stats.chisquare`,
/// `scipy.integrate.quad` over `scipy.stats.beta`, `statsmodels.stats.proportion.proportion_confint(method="wilson")`,
/// `power_proportions_2indep`, `statsmodels.stats.multitest.multipletests`).
@Suite struct StatisticsTests {
    @Test func incompleteGammaAgreesWithScipy() {
        let vectors = [
            (0.5, 0.01, 0.887537083981715), (0.5, 5, 0.001565402258002549), (1, 1, 0.36787944117144245), (1.5, 20, 1.065509033425585e-08),
            (2.5, 2.4, 0.4407729680866631), (10, 3, 0.9988975118698845), (50, 70, 0.0051405024585059085),
        ]
        for (a, x, expected) in vectors { #expect(isClose(upperIncompleteGamma(a, x), expected, relative: 1e-11)) }
    }

    @Test func incompleteBetaAgreesWithScipy() {
        let vectors = [
            (1.0, 1.0, 0.3, 0.3), (2, 5, 0.2, 0.34464), (451, 8551, 0.05, 0.4884264550067203),
            (100_001, 900_001, 0.1002, 0.7468133760629247), (0.5, 0.5, 0.9, 0.7951672353008665),
            (300_001, 9_700_001, 0.03001, 0.5730695417144817),
        ]
        for (a, b, x, expected) in vectors { #expect(isClose(incompleteBeta(x, a, b), expected, relative: 1e-9)) }
    }

    @Test func wilsonIntervalAgreesWithStatsmodels() {
        let vectors: [(Int64, Int64, Double, Double)] = [
            (10, 0, 0, 0.27753279986288926), (10, 1, 0.017876213095072924, 0.40415002679523854), (10, 10, 0.7224672001371106, 1),
            (1000, 37, 0.026961180875554734, 0.05058239748206931), (9000, 450, 0.04568615294191823, 0.05469782904559643),
            (7_654_321, 123_456, 0.016039930087946325, 0.016218413603116766),
        ]
        for (exposed, won, low, high) in vectors {
            let interval = wilsonInterval(Arm(exposed: exposed, won: won))
            #expect(isClose(interval.low, low, relative: 1e-10) && isClose(interval.high, high, relative: 1e-10))
        }
    }

    @Test func sampleRatioAgreesWithScipy() {
        let vectors: [([Int64], [Double], Double)] = [
            ([5000, 5000], [0.5, 0.5], 1), ([5100, 4900], [0.5, 0.5], 0.04550026389635857),
            ([10300, 9700], [0.5, 0.5], 2.2090496998585475e-05), ([3334, 3333, 3400], [1, 1, 1], 0.6444511125964998),
            ([480, 320, 205], [0.5, 0.3, 0.2], 0.3291929878079054),
            ([100_200, 99_000, 101_100, 99_700], [1, 1, 1, 1], 3.332702938722377e-05),
        ]
        for (exposed, shares, expected) in vectors {
            #expect(isClose(sampleRatioPValue(exposed: exposed, shares: shares), expected, relative: 1e-9))
        }
        #expect(sampleRatioPValue(exposed: [10, 1], shares: [1, 0]) == 0)
        #expect(sampleRatioPValue(exposed: [0, 0], shares: [1, 1]) == 1)
    }

    @Test func posteriorOfFewViewersIsANumber() {
        for (firstLost, secondLost, won) in [(0, 0, 0), (2, 3, 1), (0, 3, 0), (40, 0, 40)] {
            let posterior = Posterior([
                Arm(exposed: Int64(firstLost), won: 0), Arm(exposed: Int64(secondLost), won: 0),
                Arm(exposed: Int64(won) + 2, won: Int64(won)),
            ])
            #expect(abs(posterior.best.reduce(0, +) - 1) < 1e-6)
            #expect(posterior.expectedLoss.allSatisfy { (0...1).contains($0) })
        }
    }

    @Test func posteriorAgreesWithScipysQuadrature() {
        let vectors: [(arms: [(Int64, Int64)], best: [Double], loss: [Double])] = [
            ([(0, 0), (0, 0)], [0.5, 0.5], [0.1666666667, 0.1666666667]),
            ([(10, 1), (12, 4)], [0.117930696306, 0.882069303694], [0.2005693582, 0.0100931677]),
            ([(1000, 50), (1000, 65)], [0.0755196210974, 0.924480378903], [0.01532502849, 0.0003549686049]),
            (
                [(9000, 450), (9100, 480), (8900, 430)], [0.184071258198, 0.756833611582, 0.0590951302203],
                [0.003192804622, 0.0004472539491, 0.004876696132]
            ),
            ([(10, 0), (1_000_000, 50_000)], [0.568795811349, 0.431204188651], [0.01169721847, 0.04502965181]),
            (
                [(10_000_000, 300_000), (10_000_000, 300_500)], [0.256189427822, 0.743810572178], [6.17571958e-05, 1.17572058e-05]
            ),
            (
                [(500, 20), (500, 24), (500, 31), (500, 18)], [0.0386707805208, 0.153333304826, 0.79170555455, 0.0162903601042],
                [0.02351646908, 0.01554834159, 0.00160411848, 0.02750053282]
            ),
        ]
        for vector in vectors {
            let posterior = Posterior(vector.arms.map { Arm(exposed: $0.0, won: $0.1) })
            for (found, expected) in zip(posterior.best, vector.best) { #expect(abs(found - expected) < 1e-9) }
            for (found, expected) in zip(posterior.expectedLoss, vector.loss) { #expect(abs(found - expected) < 1e-9) }
        }
    }

    @Test func correctionsAgreeWithStatsmodels() {
        let pValues = [0.01, 0.04, 0.03, 0.005, 0.5]
        for (found, expected) in zip(benjaminiHochberg(pValues), [0.025, 0.05, 0.05, 0.025, 0.5]) { #expect(abs(found - expected) < 1e-12) }
        for (found, expected) in zip(holm(pValues), [0.04, 0.09, 0.09, 0.025, 0.5]) { #expect(abs(found - expected) < 1e-12) }
        #expect(benjaminiHochberg([]).isEmpty && holm([]).isEmpty)
    }

    /// The powers that statsmodels gives for these sizes are 0.80001, 0.80002 and 0.80067.
    @Test func neededViewersGiveThePowerThatStatsmodelsComputes() {
        #expect(neededPerVariant(rate: 0.05, otherRate: 0.06) == 8158)
        #expect(neededPerVariant(rate: 0.1, otherRate: 0.12) == 3841)
        #expect(neededPerVariant(rate: 0.5, otherRate: 0.4) == 388)
        #expect(neededPerVariant(rate: 0.1, otherRate: 0.1) == nil)
    }

    @Test func shrinkageKeepsRealDifferencesAndDropsChance() {
        let alike = shrunkRates([Arm(exposed: 1000, won: 100), Arm(exposed: 1000, won: 101), Arm(exposed: 10, won: 1)])
        #expect(alike.allSatisfy { abs($0 - 0.1) < 0.002 })
        let apart = shrunkRates([Arm(exposed: 20_000, won: 1000), Arm(exposed: 20_000, won: 4000), Arm(exposed: 20, won: 10)])
        #expect(abs(apart[0] - 0.05) < 0.002 && abs(apart[1] - 0.2) < 0.002)
        #expect(0.2 < apart[2] && apart[2] < 0.5)
    }

    /// Segments whose rates are drawn from Beta(3, 6), of strength 9 and mean 1/3, with few viewers each: the strength that the shrunken rates
    /// show is that one.
    @Test func shrinkageFindsTheStrengthThatTheRatesWereDrawnWith() throws {
        var random = SplitMix64(seed: 7)
        let arms = (0..<4000).map { index in
            // The third smallest of eight uniform numbers.
            let rate = (0..<8).map { _ in Double.random(in: 0..<1, using: &random) }.sorted()[2]
            let exposed = 4 + index % 5
            return Arm(exposed: Int64(exposed), won: Int64((0..<exposed).count { _ in Double.random(in: 0..<1, using: &random) < rate }))
        }
        let mean = Double(arms.reduce(0) { $0 + $1.won }) / Double(arms.reduce(0) { $0 + $1.exposed })
        let shrunk = shrunkRates(arms)
        // (won + κ m) / (exposed + κ), solved for κ.
        let index = try #require(arms.firstIndex { $0.won == 0 })
        let strength = (Double(arms[index].won) - Double(arms[index].exposed) * shrunk[index]) / (shrunk[index] - mean)
        #expect(isClose(strength, 9, relative: 0.1), "\(strength)")
        for count in 2...40 {
            // Of single viewers nothing is known, for any number of segments, of which some do not come out even in floating point.
            let single = shrunkRates((0..<count).map { Arm(exposed: 1, won: $0 == 0 ? 1 : 0) })
            #expect(single.allSatisfy { abs($0 - 1 / Double(count)) < 1e-12 }, "\(count) segments: \(single)")
        }
    }

    /// Segments that have nothing in common are not drawn together, and one without viewers gets the mean.
    @Test func segmentsWithoutViewersGetTheMeanWhereNothingIsShared() {
        let shrunk = shrunkRates([Arm(exposed: 3, won: 3), Arm(exposed: 3, won: 0), Arm(exposed: 0, won: 0)])
        #expect(shrunk == [1, 0, 0.5])
    }
}

func isClose(_ value: Double, _ expected: Double, relative: Double) -> Bool {
    abs(value - expected) <= relative * max(abs(expected), 1e-12)
}
