import Events

/// What a viewer counts for in a test.
package struct OracleCredit: Hashable, Sendable {
    package var variant = ""
    package var segment = ""
    package var isExposed = false
    package var hasWon = false
}

/// What the attribution job must know of a viewer and a test.
package struct OracleEvidence: Hashable, Sendable {
    package struct Impression: Hashable, Sendable {
        package var variant: String
        package var at: Int64
    }

    package var test: String
    package var variant: String
    package var segment: String
    package var impressions: [Impression]
    package var plays: [Int64]
    package var credit: OracleCredit
}

extension OracleLife {
    /// By test, credit made out afresh from all that came; up to 64 tests a viewer.
    package func evidence(_ settings: OracleSettings) -> [OracleEvidence] {
        Set(events.map(\.event.text)).sorted().map { evidence(of: $0, settings) }
            .filter { !($0.variant.isEmpty && $0.impressions.isEmpty && $0.plays.isEmpty && !$0.credit.isExposed) }
    }

    private func evidence(of test: String, _ settings: OracleSettings) -> OracleEvidence {
        let assignment = mentions { $0.text == test && $0.type == .attributionAssignment ? test : nil }.first
        return OracleEvidence(
            test: test, variant: assignment?.event.detail ?? "", segment: assignment?.event.segment ?? "",
            impressions: impressions(test).map { OracleEvidence.Impression(variant: $0.event.detail, at: $0.at) },
            plays: plays(test).map(\.at), credit: credit(test, assignment, settings))
    }

    /// What is kept for the joins: sixteen of a kind for seven days.
    private func impressions(_ test: String, upTo last: Int = Int.max) -> [OracleMention] {
        let all = mentions { $0.text == test && $0.type == .attributionImpression ? test : nil }
        return kept(all, upTo: last, countMax: 16, retention: 7 * day)
    }

    private func plays(_ test: String, upTo last: Int = Int.max) -> [OracleMention] {
        let all = mentions { $0.text == test && $0.type == .attributionPlay ? test : nil }
        return kept(all, upTo: last, countMax: 16, retention: 7 * day)
    }

    /// Until the assignment comes, the variant seen first stands for it. Credit outlives its evidence, but not the variant.
    private func credit(_ test: String, _ assignment: OracleMention?, _ settings: OracleSettings) -> OracleCredit {
        guard settings.tests.contains(where: { $0.id == test }) else { return OracleCredit() }
        let of = events.filter { $0.event.text == test }
        let first = of.first { $0.event.type == .attributionImpression && $0.index < (assignment?.index ?? Int.max) }
        var credit = OracleCredit(variant: assignment?.event.detail ?? first?.event.detail ?? "", segment: assignment?.event.segment ?? "")
        let isOther = first.map { $0.event.detail != credit.variant } ?? false
        for (index, _) in of where !isOther || index >= (assignment?.index ?? 0) {
            for impression in impressions(test, upTo: index) where impression.event.detail == credit.variant {
                credit.isExposed = true
                let window = impression.at...impression.at + settings.attributionWindow
                if plays(test, upTo: index).contains(where: { window.contains($0.at) }) { credit.hasWon = true }
            }
        }
        return credit
    }
}
