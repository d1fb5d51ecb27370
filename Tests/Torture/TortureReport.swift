/// What a run came to.
package struct TortureReport: Sendable {
    /// How often a kind of disturbance was on the schedule, was begun, and was survived: it went as it was meant to, and the run went on.
    struct Count: Sendable {
        var planned = 0
        var dealt = 0
        var survived = 0
    }

    package let seed: UInt64
    package internal(set) var judgement: Judgement
    /// What was done. Restarts that arm a failpoint, and those that let a broker forget its dead, are survived without being planned.
    var counts: [Disturbance: Count] = [:]
    var phases = Phases()
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

    /// True where nothing was lost, nothing counted twice, nothing else differed, and all happened that was to happen.
    package var isClean: Bool { judgement.isClean && shortfalls.isEmpty }

    /// All disturbances.
    package var killCount: Int { counts.values.reduce(0) { $0 + $1.survived } }

    /// Planned kinds of disturbance that never happened, and failpoints that fewer workers died by than were planned, or than ten; jobs that did
    /// nothing meanwhile. In words.
    package var shortfalls: [String] {
        let rollbackCount = counts[.redisRollback]?.survived ?? 0
        let idle =
            rollbackCount >= 5 && forgottenByteCount == 0
            ? ["Redis went back \(rollbackCount) times and never forgot anything: the jobs were hardly at work"] : []
        return idle
            + Disturbance.allCases.compactMap { kind in
                guard let count = counts[kind] else { return nil }
                let least = min(count.planned, kind.failpoint == nil ? 1 : 10)
                if count.survived >= least { return nil }
                return "too seldom: \(kind.rawValue): planned \(count.planned), dealt \(count.dealt), survived \(count.survived)"
            }
    }

    /// `torture: K kills, L lost, D doubled, M mismatches, seed S`.
    package var verdict: String {
        "torture: \(killCount) kills, \(judgement.lost) lost, \(judgement.doubled) doubled, \(judgement.mismatched) mismatches, seed \(seed)"
    }

    /// Disturbances by kind, what was compared, where the time went, and the first differences.
    package var table: String {
        var lines = ["disturbance" + TortureReport.columns("disturbance", ["planned", "dealt", "survived"])]
        for kind in Disturbance.allCases {
            guard let count = counts[kind] else { continue }
            let numbers = [count.planned, count.dealt, count.survived].map(String.init)
            lines.append(kind.rawValue + TortureReport.columns(kind.rawValue, numbers))
        }
        lines.append(TortureReport.row("events sent", sentCount))
        lines.append(TortureReport.row("batches sent again", retryCount))
        lines.append(TortureReport.row("viewers erased", erasureCount))
        lines.append(TortureReport.row("bytes that Redis forgot", forgottenByteCount))
        lines.append(TortureReport.row("records on the log", recordCount))
        for (what, count) in judgement.compared.sorted(by: { $0.key < $1.key }) {
            lines.append(TortureReport.row("compared: \(what)", count))
        }
        for (name, seconds) in phases.seconds { lines.append(TortureReport.row("seconds: \(name)", Int(seconds.rounded()))) }
        if !verification.isEmpty { lines.append("recs verify: \(verification)") }
        return (lines + judgement.lines + shortfalls).joined(separator: "\n")
    }

    private static let nameWidth = 40
    private static let numberWidth = 10

    private static func row(_ name: String, _ count: Int) -> String {
        name + String(repeating: " ", count: max(1, nameWidth - name.count)) + "\(count)"
    }

    /// What follows a name: the texts, each at the end of its column.
    private static func columns(_ name: String, _ texts: [String]) -> String {
        var line = String(repeating: " ", count: max(1, nameWidth - numberWidth - name.count))
        for text in texts { line += String(repeating: " ", count: max(1, numberWidth - text.count)) + text }
        return line
    }
}
