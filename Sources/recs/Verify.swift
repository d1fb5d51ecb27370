import ArgumentParser
import Foundation
import Logging
import Service

/// `recs verify`: is what serves what the events say?
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replay the log beside the serving features and compare them, key by key.",
        discussion: """
            The service goes on undisturbed; Redis holds the compared features twice meanwhile. Exit code 0 where all is equal, 1 where something
            differs, kept changing so that it was not compared (`left_out` of the JSON), or is not there to compare (`unknown_users`).

            Examples:
              recs verify --data ./data
              recs verify --data ./data --sample 1000
              recs verify --data ./data --users u-000001,u-000002 --json
            """)

    @OptionGroup var options: ServiceOptions

    @Option(help: "Compare so many viewers, spread over all (titles and counts are always compared).")
    var sample: Int?

    @Option(help: "Compare these viewers, separated by commas.")
    var users: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run() async throws {
        if let sample, sample < 1 { throw ValidationError("--sample is \(sample); compare at least 1 viewer") }
        var plan = Verification.Plan()
        plan.sample = sample
        plan.users = users.map { Set($0.split(separator: ",").map(String.init)) }
        let configuration = try options.configurationOfLog()
        let chosen = plan
        let report = try await NamespaceCommands.reporting {
            let verification = try await Verification(configuration: configuration, logger: NamespaceCommands.logger)
            let report = try await verification.run(chosen) { Progress().show($0) }
            Progress().end()
            await verification.close()
            return report
        }
        if json { try outputJSON(report) } else { output(text(report)) }
        if !report.differences.isEmpty || report.leftOut > 0 || !report.unknownUsers.isEmpty { throw ExitCode(1) }
    }

    private func text(_ report: Verification.Report) -> String {
        var lines = report.differences.flatMap { difference in
            ["\(difference.topic), \(difference.what):"] + difference.found.map { "  \($0)" } + ["  likely: \(difference.likely)"]
        }
        let equal = report.leftOut == 0 && report.unknownUsers.isEmpty ? "all equal" : "not all compared"
        let verdict = report.differences.isEmpty ? equal : "\(report.differences.count) differ"
        lines.append(
            "\(verdict): \(report.users) values of viewers, \(report.titles) of titles, \(report.ledgers) ledgers of '\(report.namespace)' against "
                + "\(report.events) events, in \(fixed(report.seconds, 1)) s")
        if !report.unknownUsers.isEmpty {
            let names = report.unknownUsers.joined(separator: ", ")
            lines.append(
                "there is nothing to compare of \(names): up to where the features stand, the log has no event that makes any of them")
        }
        if report.leftOut > 0 {
            lines.append("\(report.leftOut) others kept changing and were not compared; verify again when fewer events come in")
        }
        return lines.joined(separator: "\n")
    }
}
