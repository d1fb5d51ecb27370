/// What a run came to.
package struct TortureReport: Sendable {
    package let seed: UInt64
    package internal(set) var judgement: Judgement
    /// How often what was done.
    package internal(set) var kills: [Disturbance: Int] = [:]
    var recordCount = 0
    var sentCount = 0
    var retryCount = 0
    var erasureCount = 0
    var forgottenByteCount = 0
    var verification = ""

    init(seed: UInt64, judgement: Judgement) {
        self.seed = seed
        self.judgement = judgement
    }

    /// True where nothing was lost, nothing counted twice, and nothing else differed.
    package var isClean: Bool { judgement.isClean }

    /// All disturbances.
    package var killCount: Int { kills.values.reduce(0, +) }

    /// `torture: K kills, L lost, D doubled, M mismatches, seed S`.
    package var verdict: String {
        "torture: \(killCount) kills, \(judgement.lost) lost, \(judgement.doubled) doubled, \(judgement.mismatched) mismatches, seed \(seed)"
    }

    /// Kills by kind, what was compared, and the first differences.
    package var table: String {
        var lines = Disturbance.allCases.compactMap { kind in kills[kind].map { TortureReport.row(kind.rawValue, $0) } }
        lines.append(TortureReport.row("events sent", sentCount))
        lines.append(TortureReport.row("batches sent again", retryCount))
        lines.append(TortureReport.row("viewers erased", erasureCount))
        lines.append(TortureReport.row("bytes that Redis forgot", forgottenByteCount))
        lines.append(TortureReport.row("records on the log", recordCount))
        for (what, count) in judgement.compared.sorted(by: { $0.key < $1.key }) {
            lines.append(TortureReport.row("compared: \(what)", count))
        }
        if !verification.isEmpty { lines.append("recs verify: \(verification)") }
        return (lines + judgement.lines).joined(separator: "\n")
    }

    private static func row(_ name: String, _ count: Int) -> String {
        name + String(repeating: " ", count: max(1, 34 - name.count)) + "\(count)"
    }
}
