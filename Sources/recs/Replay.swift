import ArgumentParser
import Events
import Foundation
import Logging
import Service

/// `recs replay`: features anew from the log's past, beside the ones that serve.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Build all features anew in a namespace of their own, while the old ones serve.",
        discussion: """
            The running service is not disturbed; nothing is emitted. A replay that was ended goes on where it was, by the same command. Once it has
            come to the log's end the service's jobs feed the new namespace, too, and `recs namespace switch` can make it the one that serves.
            With --until or --topics the namespace is for looking at only: `recs namespace drop` removes it.

            After a change of a weight or of an operator: stop the service, start the new one, then

              recs replay --into v2 --data ./data
              recs namespace switch v2 --data ./data
              recs namespace drop main --data ./data
            """)

    @OptionGroup var options: ServiceOptions

    @Option(help: "Name of the namespace to build: 1 to 32 of a–z, 0–9, '-' and '_'.")
    var into: String

    @Option(help: "`log`: the log, and the archive for what the log no longer holds; `archive`: the archive, and the log for what follows.")
    var from = "log"

    @Option(help: "Begin with what was appended from then on: 2026-11-01T00:00:00Z, or 7d, 12h, 30m before now.")
    var since: String?

    @Option(help: "End before what was appended from then on; the namespace can then not serve.")
    var until: String?

    @Option(help: "Topics, separated by commas; the namespace can then not serve.")
    var topics: String?

    @Flag(help: "Print the report as JSON.")
    var json = false

    func run() async throws {
        var plan = Replay.Plan(namespace: into)
        plan.since = try since.map { try moment($0, "--since") }
        plan.until = try until.map { try moment($0, "--until") }
        if let topics { plan.topics = try topics.split(separator: ",").map { try topic(String($0)) } }
        guard ["archive", "log"].contains(from) else { throw ValidationError("--from is `\(from)`; use archive or log") }
        plan.prefersArchive = from == "archive"
        let chosen = plan
        let configuration = try options.configurationOfLog()
        let line = Progress()
        let report = try await NamespaceCommands.reporting {
            let replay = try await Replay(chosen, configuration: configuration, logger: NamespaceCommands.logger)
            let report = try await replay.run { progress in
                let seconds = progress.rate > 0 ? "\(Int(Double(progress.left) / progress.rate)) s left" : "…"
                line.show("\(progress.done) events, \(progress.left) to go, \(Int(progress.rate)) events/s, \(seconds)")
            }
            line.end()
            await replay.close()
            return report
        }
        if json { return try outputJSON(report) }
        output(
            "\(report.records) events into '\(report.namespace)' in \(fixed(report.seconds, 1)) s "
                + "(\(Int(Double(report.records) / max(report.seconds, 0.001))) events/s); \(report.applied) applied in all; it is \(report.state)"
        )
    }

    private func topic(_ name: String) throws -> Topic {
        let known = Topic.allCases.filter(\.hasJob)
        guard let found = known.first(where: { $0.name == name }) else {
            throw ValidationError("there is no topic `\(name)` with a job; topics: \(known.map(\.name).joined(separator: ", "))")
        }
        return found
    }
}

/// A moment in milliseconds since 1970: RFC 3339, or so many d, h or m before now.
func moment(_ text: String, _ option: String) throws -> Int64 {
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    let units: [Character: Int64] = ["d": 86_400_000, "h": 3_600_000, "m": 60_000]
    if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), (0...now / unit).contains(count) {
        return now - count * unit
    }
    if let date = try? Date(text, strategy: .iso8601) { return Int64(date.timeIntervalSince1970 * 1000) }
    throw ValidationError("\(option) is `\(text)`; write 2026-11-01T00:00:00Z, or 7d, 12h, 30m for a time before now")
}
