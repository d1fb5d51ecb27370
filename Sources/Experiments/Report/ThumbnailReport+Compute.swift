package import Features

extension ThumbnailReport {
    /// Computes the report of a test from what was counted. Rows of variants that the test does not have are left out; rows of one
    /// variant and segment are added up. `snapshotAt`: when they were read, milliseconds since 1970.
    package init(test: ThumbnailTest, totals: [ArmTotals], snapshotAt: Int64 = 0, settings: ReportSettings = ReportSettings()) {
        let table = CountTable(test: test, totals: totals)
        let overall = variantResults(test, table.overall, settings)
        let ratio = sampleRatioPValue(exposed: table.overall.map(\.exposed), shares: test.variants.map(\.weight))
        let isMismatch = ratio < settings.sampleRatioThreshold
        self.test = test.id
        title = test.title
        self.snapshotAt = snapshotAt
        srm = SampleRatio(pValue: ratio, isMismatch: isMismatch)
        variants = overall
        segments = segmentResults(test, table, settings, isReadable: !isMismatch)
        neededPerVariant = stillNeeded(table.overall, settings)
        verdict = isMismatch ? .sampleRatioMismatch : overallVerdict(overall, settings)
    }
}

/// The variant to serve to each segment: only segments where the evidence holds by itself are there, and none where the split is wrong.
/// A winner over all viewers says nothing of a segment that has not shown it; there the test goes on.
package func winners(_ report: ThumbnailReport) -> [SegmentID: VariantID] {
    var winners: [SegmentID: VariantID] = [:]
    for segment in report.segments { winners[segment.segment] = segment.winner }
    return winners
}

/// Counts by variant, over all segments and in each.
private struct CountTable {
    var overall: [Arm]
    var segments: [SegmentID: [Arm]] = [:]

    init(test: ThumbnailTest, totals: [ArmTotals]) {
        let none = [Arm](repeating: Arm(exposed: 0, won: 0), count: test.variants.count)
        overall = none
        for row in totals {
            guard let index = test.variants.firstIndex(where: { $0.id == row.variant }) else { continue }
            let arm = Arm(exposed: row.exposed, won: row.won)
            overall[index] = overall[index] + arm
            segments[row.segment, default: none][index] = segments[row.segment, default: none][index] + arm
        }
        segments = segments.filter { $0.value.contains { $0.exposed > 0 } }
    }
}

extension Arm {
    static func + (a: Arm, b: Arm) -> Arm { Arm(exposed: a.exposed + b.exposed, won: a.won + b.won) }
}

private func variantResults(_ test: ThumbnailTest, _ arms: [Arm], _ settings: ReportSettings) -> [VariantResult] {
    let posterior = Posterior(arms)
    return arms.indices.map { index in
        VariantResult(
            variant: test.variants[index].id, artwork: test.variants[index].artwork, arm: arms[index],
            rateInterval: wilsonInterval(arms[index]), lift: index == 0 ? nil : lift(of: arms[index], over: arms[0]),
            bestProbability: posterior.best[index], expectedLoss: posterior.expectedLoss[index],
            sequentialPValue: index == 0 ? nil : settings.sequentialTest.pValue(arms[index], control: arms[0]))
    }
}

private func segmentResults(
    _ test: ThumbnailTest, _ table: CountTable, _ settings: ReportSettings, isReadable: Bool
) -> [SegmentResult] {
    let names = table.segments.keys.sorted()
    let results = names.map { variantResults(test, table.segments[$0, default: []], settings) }
    let corrected = benjaminiHochberg(results.flatMap { $0.compactMap(\.sequentialPValue) })
    let shrunk = test.variants.indices.map { variant in shrunkRates(results.map { $0[variant].arm }) }
    let perSegment = max(test.variants.count - 1, 0)
    return names.indices.map { index in
        let pValues = Array(corrected[index * perSegment..<(index + 1) * perSegment])
        let rates = shrunk.map { $0[index] }
        let best = evidentWinner(results[index], pValues, settings)
        // Shrinkage has a veto: what is best in the segment must still be best once drawn towards the other segments.
        let holds = best.map { winner in rates.allSatisfy { $0 <= rates[winner] } } ?? false
        return SegmentResult(
            segment: names[index], variants: results[index], shrunkRates: rates, correctedPValues: pValues,
            winner: isReadable && holds ? best.map { test.variants[$0].id } : nil)
    }
}

/// The variant that is most probably the best, where that is probable enough and the corrected p-values (of the variants after the
/// control) bear it out: its own where it is not the control, all of them where it is.
private func evidentWinner(_ results: [VariantResult], _ pValues: [Double], _ settings: ReportSettings) -> Int? {
    guard results.count > 1, let best = results.indices.max(by: { results[$0].bestProbability < results[$1].bestProbability }),
        results[best].bestProbability >= settings.bestProbabilityMin
    else { return nil }
    let relevant = best == 0 ? pValues : [pValues[best - 1]]
    return relevant.allSatisfy { $0 <= settings.significance } ? best : nil
}

private func overallVerdict(_ results: [VariantResult], _ settings: ReportSettings) -> ThumbnailReport.Verdict {
    if let best = evidentWinner(results, holm(results.compactMap(\.sequentialPValue)), settings) { return .winner(results[best].variant) }
    guard let control = results.first, results.count > 1, control.arm.won > 0 else { return .keepRunning }
    let relevant = settings.relevantLift * control.arm.rate
    let isWithin = results.dropFirst().allSatisfy { result in
        let difference = settings.sequentialTest.difference(result.arm, control: control.arm)
        return -relevant < difference.low && difference.high < relevant
    }
    return isWithin ? .noDifference : .keepRunning
}

private func stillNeeded(_ arms: [Arm], _ settings: ReportSettings) -> Int64? {
    guard let control = arms.first, control.won > 0, let best = arms.dropFirst().map(\.rate).max() else { return nil }
    let observed = abs(best - control.rate)
    let relevant = settings.relevantLift * control.rate
    let other = observed > relevant ? best : min(control.rate + relevant, 1)
    guard let needed = neededPerVariant(rate: control.rate, otherRate: other) else { return nil }
    return max(needed - (arms.map(\.exposed).min() ?? 0), 0)
}
