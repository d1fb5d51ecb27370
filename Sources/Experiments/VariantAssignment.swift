// hot path
package import Features

/// A viewer's place in a test.
package struct VariantAssignment: Sendable, Equatable, BitwiseCopyable {
    /// Index into the test's variants.
    package var variant: Int
    /// The probability that a viewer who takes part gets this variant, 0…1.
    package var propensity: Double
}

/// The variant that a viewer gets, nil where the viewer does not take part. A function of the two names, the shares and the coverage:
/// raising the coverage moves nobody from one variant to another.
package func assign(user: UserID, test: ThumbnailTest) -> VariantAssignment? {
    let position = ViewerBucket.position(seed: test.id.description, value: user.description)
    let weights = test.variants.map(\.weight)
    let ranges = bucketRanges(count: weights.count, coverage: test.coverage, weights: weights)
    guard let variant = ranges.firstIndex(where: { $0.contains(position) }) else { return nil }
    let shares = usableShares(count: weights.count, weights: weights)
    return VariantAssignment(variant: variant, propensity: shares[variant] / shares.reduce(0, +))
}

/// The part of 0..<1 that belongs to each variant, by GrowthBook's rules: shares stand side by side, and coverage keeps the first part of
/// each. Coverage outside 0…1 is clamped; shares that do not fit the count or do not add up to 1 ± 0.01 are replaced by equal ones.
package func bucketRanges(count: Int, coverage: Double, weights: [Double]) -> [Range<Double>] {
    let covered = coverage.isNaN ? 0 : min(max(coverage, 0), 1)
    var start = 0.0
    return usableShares(count: count, weights: weights).map { share in
        defer { start += share }
        return start..<start + covered * share
    }
}

private func usableShares(count: Int, weights: [Double]) -> [Double] {
    let isUsable = weights.count == count && 0.99...1.01 ~= weights.reduce(0, +) && weights.allSatisfy { $0 >= 0 }
    return isUsable ? weights : [Double](repeating: 1 / Double(count), count: count)
}
