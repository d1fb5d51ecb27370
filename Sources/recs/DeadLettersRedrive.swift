import ArgumentParser
import Events
import Foundation
import Service

/// `recs dead-letters redrive`: back on their topics, each exactly once.
struct DeadLettersRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Put dead letters that can be used now back on their topics, each exactly once.",
        discussion: """
            What still fails stays where it is and is listed with the reason. Run again, it redrives nothing twice, also after a crash.

            Examples:
              recs dead-letters redrive --data ./data --reason unknown_schema --dry-run
              recs dead-letters redrive play_events/0/42 --data ./data --yes
            """)

    @Argument(help: "Ids, or topic/partition/offset; without any, all that the filters take.")
    var letters: [String] = []

    @OptionGroup var filter: LetterFilterOptions

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Only say what would be done.")
    var dryRun = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Print as JSON.")
    var json = false

    private struct Outcome: Encodable {
        var redriven = 0
        var wouldRedrive = 0
        var alreadyRedriven = 0
        var alreadyOnTopic = 0
        var viewerErased = 0
        var left = 0
        var leftLetters: [Redrive.Left] = []
        var hasMore = false
    }

    func run() async throws {
        var filter = try filter.filter()
        filter.names = Set(letters)
        let (wanted, mode) = (filter, dryRun ? Mode.dryRun : yes ? .carryOut : .ask)
        let outcome = try await DeadLetterCommands.with(options) { letters in
            guard let lock = try FileLock(letters.lockPath) else {
                note("another redrive runs on this data folder; wait for it")
                throw ExitCode(1)
            }
            defer { withExtendedLifetime(lock) {} }
            return try DeadLettersRedrive.redrive(letters, wanted, mode)
        }
        if json { return try outputJSON(outcome) }
        output(text(outcome))
    }

    private enum Mode { case dryRun, ask, carryOut }

    private static func redrive(_ letters: DeadLetters, _ filter: DeadLetters.Filter, _ mode: Mode) throws -> Outcome {
        let redrive = Redrive(letters)
        let plan = try redrive.plan(filter)
        guard plan.unknown.isEmpty else {
            note("there is no dead letter \(plan.unknown.joined(separator: ", ")); nothing was redriven. `recs dead-letters ls` lists them")
            throw ExitCode(1)
        }
        var outcome = Outcome(
            wouldRedrive: plan.readyCount, alreadyRedriven: plan.doneCount, alreadyOnTopic: plan.againCount,
            viewerErased: plan.erasedCount, left: plan.leftCount, leftLetters: plan.left, hasMore: plan.isCut)
        if mode == .dryRun { return outcome }
        if mode == .ask && plan.readyCount > 0 { try ask(plan) }
        let progress = Progress()
        outcome.redriven = try redrive.carryOut(plan) { progress.show("\($0) of \(plan.readyCount) redriven") }
        progress.end()
        outcome.wouldRedrive = 0
        return outcome
    }

    private static func ask(_ plan: Redrive.Plan) throws {
        let topics = plan.topics.map { "\($0.count) to \($0.topic.name)" }.joined(separator: ", ")
        guard isatty(0) == 1 else {
            note("\(plan.readyCount) letters could go back (\(topics)); say --yes to redrive them, --dry-run to look")
            throw ExitCode(64)
        }
        note("Redrive \(plan.readyCount) letters (\(topics))? [y/N]")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            note("nothing was redriven")
            throw ExitCode(1)
        }
    }

    private func text(_ outcome: Outcome) -> String {
        var lines = [dryRun ? "would redrive \(outcome.wouldRedrive)" : "redriven \(outcome.redriven)"]
        if outcome.alreadyRedriven > 0 { lines.append("redriven before: \(outcome.alreadyRedriven)") }
        if outcome.alreadyOnTopic > 0 { lines.append("on their topic again already: \(outcome.alreadyOnTopic)") }
        if outcome.viewerErased > 0 { lines.append("left out, their viewers were erased since: \(outcome.viewerErased)") }
        if outcome.hasMore { lines.append("there are more: run it again") }
        guard outcome.left > 0 else { return lines.joined(separator: "\n") }
        lines.append("cannot be used yet: \(outcome.left)")
        var table = Table(["LETTER", "reason", "detail"])
        for left in outcome.leftLetters.prefix(50) { table.add([left.letter, left.reason, left.detail]) }
        return (lines + [table.text]).joined(separator: "\n")
    }
}
