import Catalog
import EventLog
import Events
import FeatureStore
import Features
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import NIOCore

/// `/healthz`, `/readyz`, `/metrics`, `/v1/status`, `/openapi.json`.
struct OperationRoutes: Sendable {
    let readiness: Readiness
    let board: JobBoard
    let namespaces: NamespaceWatch
    let metrics: Metrics
    let viewers: ViewerReader
    let openAPI: String
    let startedAt: Int64

    /// Open to all who reach the port: probes carry no keys.
    func addProbes(to router: Router<APIContext>) {
        router.get("healthz") { _, _ in OperationRoutes.alive }
        router.get("readyz") { _, _ in OperationRoutes.readiness(await readiness.problems(now: wallClockMilliseconds())) }
        router.get("openapi.json") { _, _ in Response.json(ByteBuffer(string: openAPI)) }
    }

    func add(to router: RouterGroup<APIContext>) {
        router.get("metrics") { _, _ in text() }
        router.get("v1/status") { _, _ in await status() }
    }

    static var alive: Response { .json(ByteBuffer(string: #"{"status":"alive"}"#)) }

    /// Ready where there is no reason against it.
    static func readiness(_ reasons: [String]) -> Response {
        let body = JSONWriter.object { json in
            json.member("status", reasons.isEmpty ? "ready" : "not ready")
            json.member("reasons")
            json.array(reasons) { $0.string($1) }
        }
        return .json(body, status: reasons.isEmpty ? .ok : .serviceUnavailable)
    }

    private func text() -> Response {
        for (topic, status) in board.jobs(of: namespace) {
            let labels = [("topic", topic.name)]
            func set(_ name: String, _ help: String, _ value: Double) { metrics.gauge(name, help: help, labels: labels).set(value) }
            set("recs_job_up", "1 while the job runs.", status.state == .running ? 1 : 0)
            set("recs_job_lag_records", "Records on the log that are not in the features yet.", Double(status.lag))
            set("recs_job_cached_viewers", "Viewers whose values the job holds in memory.", Double(status.cachedUserCount))
            set("recs_job_restarts", "Times the job was started again after an error.", Double(status.restarts))
            set("recs_job_newest_event_timestamp_seconds", "Event time of the newest applied event.", Double(status.asOf) / 1000)
            for (verdict, count) in verdicts(status) {
                metrics.gauge(
                    "recs_job_events", help: "Events taken in by what became of them, kept with the markers.",
                    labels: labels + [("verdict", verdict)]
                ).set(Double(count))
            }
        }
        let counts = viewers.reader.counts
        metrics.gauge("recs_store_reads", help: "Reads of the feature store answered.").set(Double(counts.reads))
        metrics.gauge("recs_store_pipelines", help: "Round trips that those reads shared.").set(Double(counts.flushes))
        metrics.gauge("recs_store_reads_refused", help: "Reads refused because too many waited.").set(Double(counts.refused))
        metrics.gauge("recs_start_time_seconds", help: "When the process started.").set(Double(startedAt) / 1000)
        return .text(metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func verdicts(_ status: JobStatus) -> [(String, Int64)] {
        [
            ("received", status.ledger.received), ("applied", status.ledger.applied), ("duplicate", status.ledger.duplicates),
            ("filtered", status.ledger.filtered), ("dead_lettered", status.ledger.deadLettered),
        ]
    }

    private func status() async -> Response {
        let now = wallClockMilliseconds()
        let problems = await readiness.problems(now: now)
        return .json(
            JSONWriter.object(capacity: 4096) { json in
                json.member("ready", problems.isEmpty)
                json.member("reasons")
                json.array(problems) { $0.string($1) }
                json.member("uptime_seconds", (now - startedAt) / 1000)
                json.member("snapshot_age_ms", now - readiness.published.current.snapshotAt)
                json.member("titles", readiness.published.current.catalog.titles.count)
                json.member("jobs")
                write(board.jobs(of: namespace), to: &json)
                json.member("namespace", namespace)
                json.member("namespaces")
                json.array(namespaces.current.entries.sorted { $0.key < $1.key }) { json, entry in
                    json.object { json in
                        json.member("namespace", entry.key)
                        json.member("state", entry.value.state.rawValue)
                        json.member("serves", entry.key == namespace)
                        json.member("jobs")
                        write(board.jobs(of: entry.key), to: &json)
                    }
                }
            })
    }

    /// The namespace that this process serves.
    private var namespace: String { readiness.published.current.keys.namespace }

    private func write(_ jobs: [(topic: Topic, status: JobStatus)], to json: inout JSONWriter) {
        json.array(jobs) { json, entry in
            json.object { json in
                json.member("topic", entry.topic.name)
                json.member("state", entry.status.state.name)
                json.member("reason", entry.status.state.reason)
                json.member("partitions", entry.status.partitions.count)
                json.member("events_per_second", entry.status.rate)
                json.member("lag", entry.status.lag)
                json.member("as_of", entry.status.asOf)
                json.member("log_time", entry.status.logTime)
                json.member("restarts", entry.status.restarts)
                json.member("definition", entry.status.definition)
                for (verdict, count) in verdicts(entry.status) {
                    json.member(named: verdict)
                    json.integer(count)
                }
            }
        }
    }
}
