internal import Foundation

/// A test of "this variant wins as often as the control" that may be looked at after every viewer.
///
/// The mixture sequential probability ratio test with a normal mixture (Robbins 1970; Johari, Koomen, Pekelis, Walsh, *Peeking at A/B
/// Tests*, KDD 2017): with d the difference of the rates, V its variance and τ the width of the mixture,
/// Λ = √(V / (V + τ²)) · exp(τ² d² / (2 V (V + τ²))), and p = min(1, 1 / Λ). Under no effect the chance that p ever falls to α is
/// at most α. For rates this holds as the samples grow (Waudby-Smith et al., *Time-uniform central limit theory and asymptotic
/// confidence sequences*, 2024), so nothing is said before `winCountMin` wins in both arms together.
package struct SequentialTest: Sendable, Equatable {
    /// τ: the size of effects that the test is quickest to find, as a difference of rates. It must not be chosen from the data.
    package var effectScale = 0.02
    package var winCountMin: Int64 = 20
    package init() {}

    /// The always-valid p-value of an arm against the control.
    package func pValue(_ arm: Arm, control: Arm) -> Double {
        guard arm.exposed > 0, control.exposed > 0, arm.won + control.won >= winCountMin else { return 1 }
        let variance = pooledVariance(arm, control)
        let difference = arm.rate - control.rate
        let tau2 = effectScale * effectScale
        let logRatio =
            0.5 * log(variance / (variance + tau2)) + tau2 * difference * difference / (2 * variance * (variance + tau2))
        return min(1, exp(-logRatio))
    }

    /// The 95 % confidence sequence of the difference of the rates: the differences that the same test does not refuse.
    package func difference(_ arm: Arm, control: Arm) -> Interval {
        guard arm.exposed > 0, control.exposed > 0, arm.won + control.won >= winCountMin else { return Interval(low: -1, high: 1) }
        let variance = arm.variance + control.variance
        let tau2 = effectScale * effectScale
        let half = sqrt(2 * variance * (variance + tau2) / tau2 * (log(1 / 0.05) + 0.5 * log((variance + tau2) / variance)))
        let difference = arm.rate - control.rate
        return Interval(low: difference - half, high: difference + half)
    }

    /// The variance of the difference where there is no effect: both arms estimate one rate (with a win and a loss added).
    private func pooledVariance(_ arm: Arm, _ control: Arm) -> Double {
        let rate = Double(arm.won + control.won + 1) / Double(arm.exposed + control.exposed + 2)
        return rate * (1 - rate) * (1 / Double(arm.exposed) + 1 / Double(control.exposed))
    }
}
