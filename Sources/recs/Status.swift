import ArgumentParser
import Foundation
import Service

/// `recs status`: throughput, lag and freshness of every job.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the jobs are doing: throughput, lag, freshness, what became of the events.",
        discussion: """
            Exit code 1 where the service is not ready. "defined" tells how old the definition (catalogue, weights, code) is that a job
            computes by.

            Examples:
              recs status
              recs status --json --url http://127.0.0.1:8080
            """)

    @OptionGroup var client: ClientOptions

    @Flag(help: "Print the API's answer.")
    var json = false

    func run() async throws {
        let data = try await client.get("/v1/status", doing: "reading the status")
        let status = try Answers.decode(Answers.Status.self, data)
        output(json ? String(decoding: data, as: UTF8.self) : text(status))
        if !status.ready { throw ExitCode(1) }
    }

    private func text(_ status: Answers.Status) -> String {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var table = Table(
            [
                "JOB", "state", "partitions", "events/s", "lag", "newest event", "in", "applied", "duplicate", "filtered", "dead",
                "restarts", "defined",
            ],
            numeric: [2, 3, 4, 6, 7, 8, 9, 10, 11, 12])
        for job in status.jobs {
            table.add([
                job.topic, job.state, "\(job.partitions)", fixed(job.eventsPerSecond, 0), "\(job.lag)", ago(job.asOf, now: now),
                "\(job.received)", "\(job.applied)", "\(job.duplicate)", "\(job.filtered)", "\(job.deadLettered)", "\(job.restarts)",
                ago(job.definition, now: now),
            ])
        }
        let head =
            "\(status.ready ? "ready" : "NOT READY"), up \(status.uptimeSeconds) s, \(status.titles) titles, "
            + "title counts \(status.snapshotAgeMs) ms old"
        return ([head] + status.reasons.map { "  \($0)" } + [table.text]).joined(separator: "\n")
    }
}
