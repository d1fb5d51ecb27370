/// P-values corrected for their number by Benjamini and Hochberg (1995): refusing those at most q keeps the expected share of
/// false refusals at most q. In the order given.
package func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] > pValues[$1] }
    var adjusted = pValues
    var least = 1.0
    for (place, index) in order.enumerated() {
        least = min(least, pValues[index] * Double(pValues.count) / Double(pValues.count - place))
        adjusted[index] = least
    }
    return adjusted
}

/// P-values corrected for their number by Holm (1979): the chance of even one false refusal at most α. In the order given.
package func holm(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    var adjusted = pValues
    var greatest = 0.0
    for (place, index) in order.enumerated() {
        greatest = max(greatest, min(1, pValues[index] * Double(pValues.count - place)))
        adjusted[index] = greatest
    }
    return adjusted
}

/// The rates of one variant in its segments, each drawn towards the mean of all: beta-binomial empirical Bayes with the prior's mean m and
/// strength κ by the method of moments, (won + κ m) / (exposed + κ). Segments that do not differ by more than chance, and
/// those without viewers, get the mean.
package func shrunkRates(_ arms: [Arm]) -> [Double] {
    let seen = arms.filter { $0.exposed > 0 }
    let exposed = seen.reduce(0) { $0 + Double($1.exposed) }
    guard exposed > 0 else { return arms.map(\.rate) }
    let mean = seen.reduce(0) { $0 + Double($1.won) } / exposed
    let strength = priorStrength(seen, mean: mean, exposed: exposed)
    guard strength.isFinite else { return arms.map { _ in mean } }
    // κ is 0 where segments have nothing in common, and says nothing of one without viewers.
    return arms.map { $0.exposed == 0 ? mean : (Double($0.won) + strength * mean) / (Double($0.exposed) + strength) }
}

/// κ from the spread of the rates beyond what chance explains (Kleinman, *Proportions with extraneous variance*, 1973, with the segments' sizes as
/// weights); infinite where there is none.
///
/// With k segments of sizes n, N in all, a share ρ of the variance m (1 − m) lies between them, and Σ n (rate − m)² is
/// m (1 − m) (k − 1 + ρ (N − Σ n² / N − (k − 1))) in the mean; κ = 1/ρ − 1.
private func priorStrength(_ arms: [Arm], mean: Double, exposed: Double) -> Double {
    guard arms.count > 1, 0 < mean, mean < 1 else { return .infinity }
    var spread = 0.0
    var effective = exposed - Double(arms.count - 1)
    for arm in arms {
        let n = Double(arm.exposed)
        spread += n * (arm.rate - mean) * (arm.rate - mean)
        effective -= n * n / exposed
    }
    let unit = mean * (1 - mean)
    // Where every segment has one viewer, nothing tells chance and segments apart.
    guard effective > 1e-9 * exposed else { return .infinity }
    let between = (spread - Double(arms.count - 1) * unit) / effective
    return between > 0 ? max(unit / between - 1, 0) : .infinity
}
