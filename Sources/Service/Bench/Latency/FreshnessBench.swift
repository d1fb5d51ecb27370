import Catalog
import EventLog
import Features
import Foundation
import NIOCore

/// `recs bench freshness`: from an event's acceptance to the first home page that shows it, while the service has half of the load that it
/// sustains here.
package struct FreshnessBench: Sendable {
    /// Plays of a run.
    package var probeCount = 400
    package var runCount = 5
    /// Probes under way at a time.
    package var proberCount = 4
    package var seed: UInt64 = 1
    package init() {}

    private static let pollPause = Duration.milliseconds(5)
    private static let secondsMax = 30.0

    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        try await LoadedService.with(seed: seed) { service in
            progress("finding out what the machine sustains")
            let capacity = try await service.capacity()
            guard let title = service.catalog.titles.max(by: { $0.runtimeMilliseconds < $1.runtimeMilliseconds }) else {
                throw ClientError(.invalid, "the catalogue is empty")
            }
            var times: [[Double]] = []
            var loads: [BenchReport.Run] = []
            for number in 1...runCount {
                progress("run \(number) of \(runCount): probing at \(Int(capacity / 2)) events a second")
                let (milliseconds, load) = try await service.under(perSecond: capacity / 2, run: number) {
                    try await probe(service.server.url, title.id.description, run: number)
                }
                times.append(milliseconds)
                loads.append(load)
            }
            let flush = Double(Configuration().commitIntervalMilliseconds)
            var report = BenchReport(
                bench: "freshness",
                setting: "\(probeCount) plays of new viewers, \(service.setting(halfOf: capacity))",
                figures: [.init("the service meanwhile", unit: "events", runs: loads)], yardsticks: [],
                faults: times.allSatisfy { $0.count == probeCount } ? [] : ["a play did not come to its viewer's home page"],
                checked: "every probe's play stands in its viewer's continue watching", peakBytes: service.server.peakBytes)
            let name = "accepted → visible in home"
            report.latencies = [.init(name, runs: times, yardstick: ("flush interval", flush, flush))]
            report.aim(atMost: 300, p99Of: name)
            return report
        }
    }

    private func probe(_ url: String, _ title: String, run: Int) async throws -> [Double] {
        try await withThrowingTaskGroup(of: [Double].self) { group in
            for prober in 0..<proberCount {
                group.addTask {
                    try await RecsClient.with(url) { client in
                        var found: [Double] = []
                        for number in stride(from: prober, to: probeCount, by: proberCount) {
                            if let time = try await once(client, "probe-\(run)-\(number)", title) { found.append(time) }
                        }
                        return found
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Milliseconds until the viewer's page shows the title as begun; nil where it never did.
    private func once(_ client: RecsClient, _ user: String, _ title: String) async throws -> Double? {
        let now = wallClockMilliseconds()
        let start = ProbeEvent.text(
            "play_start", of: user, session: "s-\(user)", at: now - 600_000, "\"title_id\":\"\(title)\",\"position_ms\":0")
        let stop = ProbeEvent.text(
            "play_stop", of: user, session: "s-\(user)", at: now,
            "\"title_id\":\"\(title)\",\"position_ms\":600000,\"watched_ms\":600000,\"duration_ms\":6000000")
        try await ProbeEvent.post(start + stop, to: client)
        let accepted = ContinuousClock.now
        while (ContinuousClock.now - accepted) / .seconds(1) < Self.secondsMax {
            // What was begun is the page's first row; more would keep the cores busy with what nobody measures.
            let page = try await client.get("/v1/users/\(user)/home", query: [("rows", "1"), ("items", "1")])
            guard page.isSuccess else { throw RecsClient.error(page, doing: "reading a probe's home page") }
            if page.text.contains("\"continue_watching\"") { return (ContinuousClock.now - accepted) / .milliseconds(1) }
            try await Task.sleep(for: Self.pollPause)
        }
        return nil
    }
}
