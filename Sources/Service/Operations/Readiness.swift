import EventLog
import Events
import FeatureStore
import Features

/// What keeps this process from serving well, in words; empty where it is ready.
package struct Readiness: Sendable {
    let board: JobBoard
    let published: PublishedBox
    let viewers: ViewerReader
    let gateway: Gateway
    let runsJobs: Bool

    /// How long an event that the log could not take is remembered: whoever is sent no more posts must be tried again.
    static let logFailureMillisecondsMax: Int64 = 15_000
    /// A snapshot must have been made, and be no older.
    static let snapshotAgeMillisecondsMax: Int64 = 30_000

    package func problems(now: Int64) async -> [String] {
        var problems: [String] = []
        do throws(StoreError) {
            _ = try await viewers.reader.read([Array("recs:ready".utf8)])
        } catch {
            problems.append("feature store: \(error)")
        }
        if let failure = gateway.failure(within: Readiness.logFailureMillisecondsMax, now: now) { problems.append("event log: \(failure)") }
        let snapshotAt = published.current.snapshotAt
        if snapshotAt == 0 {
            problems.append("title snapshot: not read yet")
        } else if now - snapshotAt > Readiness.snapshotAgeMillisecondsMax {
            problems.append("title snapshot: \((now - snapshotAt) / 1000) s old")
        }
        let statuses = board.jobs(of: published.current.keys.namespace)
        if runsJobs && statuses.isEmpty { problems.append("jobs: not started yet") }
        for (topic, status) in statuses where status.state != .running {
            problems.append("job \(topic.name): \(status.state.name)\(status.state.reason.map { " (\($0))" } ?? "")")
        }
        return problems
    }
}
