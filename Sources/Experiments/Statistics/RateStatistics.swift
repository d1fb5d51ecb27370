internal import Foundation

/// An interval of a rate or a lift.
package struct Interval: Sendable, Equatable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }
}

/// The 97.5th and the 80th percentile of the normal distribution.
let twoSided95 = 1.959963984540054
let power80 = 0.8416212335729143

/// The 95 % interval of a rate (Wilson, *Probable inference, the law of succession, and statistical inference*, 1927); 0…1 where nobody
/// was exposed.
package func wilsonInterval(_ arm: Arm) -> Interval {
    guard arm.exposed > 0 else { return Interval(low: 0, high: 1) }
    let n = Double(arm.exposed)
    let z2 = twoSided95 * twoSided95
    let centre = (arm.rate + z2 / (2 * n)) / (1 + z2 / n)
    let half = twoSided95 / (1 + z2 / n) * sqrt(arm.rate * (1 - arm.rate) / n + z2 / (4 * n * n))
    return Interval(low: arm.won == 0 ? 0 : max(centre - half, 0), high: arm.won == arm.exposed ? 1 : min(centre + half, 1))
}

/// A variant's lift over the control, relative: (p − p₀) / p₀.
package struct Lift: Sendable, Equatable {
    package var value: Double
    /// 95 %, by the delta method: Var = Var p / p₀² + Var p₀ · p² / p₀⁴ (as GrowthBook computes it for relative lifts).
    package var interval: Interval
}

/// Nil where the control has not won yet: a relative lift has no meaning then.
package func lift(of arm: Arm, over control: Arm) -> Lift? {
    guard control.won > 0, arm.exposed > 0 else { return nil }
    let p0 = control.rate
    let p = arm.rate
    let variance0 = p0 * (1 - p0) / Double(control.exposed)
    let variance1 = p * (1 - p) / Double(arm.exposed)
    let half = twoSided95 * sqrt(variance1 / (p0 * p0) + variance0 * p * p / (p0 * p0 * p0 * p0))
    let value = (p - p0) / p0
    return Lift(value: value, interval: Interval(low: value - half, high: value + half))
}

/// The p-value of Pearson's chi-square test that the viewers were split as `shares` say (they need not add up to 1): a sample ratio
/// mismatch (Fabijan et al., *Diagnosing Sample Ratio Mismatch in Online Controlled Experiments*, KDD 2019) where it is small.
/// 1 with fewer than two shares above 0, or no viewers; 0 where a share of 0 has viewers.
package func sampleRatioPValue(exposed: [Int64], shares: [Double]) -> Double {
    let total = exposed.reduce(0) { $0 + Double($1) }
    let shareTotal = shares.reduce(0, +)
    guard total > 0, shareTotal > 0 else { return 1 }
    var statistic = 0.0
    var cellCount = 0
    for (count, share) in zip(exposed, shares) {
        if share <= 0 {
            if count > 0 { return 0 }
            continue
        }
        let expected = total * share / shareTotal
        statistic += (Double(count) - expected) * (Double(count) - expected) / expected
        cellCount += 1
    }
    return cellCount > 1 ? upperIncompleteGamma(Double(cellCount - 1) / 2, statistic / 2) : 1
}

/// Viewers per variant that a two-sided test at 5 % needs to find the difference between two rates with 80 % power (Fleiss, *Statistical
/// Methods for Rates and Proportions*, without the continuity correction). Nil where there is no difference to find.
package func neededPerVariant(rate p1: Double, otherRate p2: Double) -> Int64? {
    guard p1 != p2 else { return nil }
    let mean = (p1 + p2) / 2
    let root = twoSided95 * sqrt(2 * mean * (1 - mean)) + power80 * sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    let needed = (root * root / ((p1 - p2) * (p1 - p2))).rounded(.up)
    return needed < 1e15 ? Int64(needed) : nil
}
