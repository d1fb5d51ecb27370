import EventLog
import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// `recs bench signals`: from a quality sample's acceptance to the frame that a listening player receives, while the service has half of the
/// load that it sustains here; beside a bare echo through the same kind of server and client.
package struct SignalBench: Sendable {
    /// Sessions of a run.
    package var sessionCount = 200
    package var runCount = 5
    /// Players at a time.
    package var playerCount = 4
    package var seed: UInt64 = 1
    package init() {}

    private static let sampleCount = 14
    private static let samplePause = Duration.milliseconds(10)
    private static let patience = Duration.seconds(10)

    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        let echo = try ServerChild(["bench", "echo"])
        defer { echo.stop() }
        return try await LoadedService.with(seed: seed) { service in
            progress("finding out what the machine sustains")
            let capacity = try await service.capacity()
            var (signals, echoes): ([[Double]], [[Double]]) = ([], [])
            var loads: [BenchReport.Run] = []
            for number in 1...runCount {
                progress("run \(number) of \(runCount): sessions at \(Int(capacity / 2)) events a second")
                let (found, load) = try await service.under(perSecond: capacity / 2, run: number) {
                    (
                        try await times { try await session(service.server.url, "s-bench-\(number)-\($0)") },
                        try await times { try await echoed(echo.url, "e-\(number)-\($0)") }
                    )
                }
                signals.append(found.0)
                echoes.append(found.1)
                loads.append(load)
            }
            let bare = BenchReport.Latency("bare SSE echo", runs: echoes)
            var report = BenchReport(
                bench: "signals",
                setting: "\(sessionCount) draining sessions, \(service.setting(halfOf: capacity))",
                figures: [.init("the service meanwhile", unit: "events", runs: loads)], yardsticks: [],
                faults: signals.allSatisfy { $0.count == sessionCount } ? [] : ["a draining session had no signal"],
                checked: "every draining session had a signal, of one of its samples", peakBytes: service.server.peakBytes)
            let name = "sample accepted → frame received"
            report.latencies = [.init(name, runs: signals, yardstick: (bare.name, bare.p50.median, bare.p99.median)), bare]
            report.aim(atMost: 50, p99Of: name)
            return report
        }
    }

    private func times(_ one: @escaping @Sendable (Int) async throws -> Double?) async throws -> [Double] {
        try await withThrowingTaskGroup(of: [Double].self) { group in
            for player in 0..<playerCount {
                group.addTask {
                    var found: [Double] = []
                    for number in stride(from: player, to: sessionCount, by: playerCount) {
                        if let time = try await one(number) { found.append(time) }
                    }
                    return found
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// Plays a session whose buffer drains; milliseconds from the acceptance of the sample that its first signal is about.
    private func session(_ url: String, _ name: String) async throws -> Double? {
        try await RecsClient.with(url) { client in
            let events = try await client.events("/v1/sessions/\(name)/signals")
            let accepted = NIOLockedValueBox<[Int64: ContinuousClock.Instant]>([:])
            return try await SignalBench.first(of: events) { event in
                struct Signal: Decodable { var at: Int64 }
                let signal = try JSONDecoder().decode(Signal.self, from: Data(event.data.utf8))
                let received = ContinuousClock.now
                // A frame can be here before the answer to its sample is.
                while true {
                    if let sent = accepted.withLockedValue({ $0[signal.at] }) { return max(0, (received - sent) / .milliseconds(1)) }
                    try await Task.sleep(for: .milliseconds(1))
                }
            } while: {
                let start = wallClockMilliseconds() - 60_000
                for second in 0..<Int64(SignalBench.sampleCount) {
                    let at = start + second * 1000
                    let sample = ProbeEvent.text(
                        "quality_sample", of: "viewer-\(name)", session: name, at: at,
                        "\"title_id\":\"sintel\",\"buffer_ms\":\(max(200, 20_000 - second * 1500)),"
                            + "\"throughput_kbps\":\(second < 4 ? 5000 : 400),\"bitrate_kbps\":4300,\"ladder_kbps\":[235,750,1750,3000,4300]"
                    )
                    try await ProbeEvent.post(sample, to: client)
                    accepted.withLockedValue { $0[at] = .now }
                    try await Task.sleep(for: SignalBench.samplePause)
                }
                try await Task.sleep(for: SignalBench.patience)
            }
        }
    }

    private func echoed(_ url: String, _ name: String) async throws -> Double? {
        try await RecsClient.with(url) { client in
            let events = try await client.events("/streams/\(name)")
            let accepted = NIOLockedValueBox<ContinuousClock.Instant?>(nil)
            return try await SignalBench.first(of: events) { _ in
                let received = ContinuousClock.now
                while true {
                    if let sent = accepted.withLockedValue({ $0 }) { return max(0, (received - sent) / .milliseconds(1)) }
                    try await Task.sleep(for: .milliseconds(1))
                }
            } while: {
                try await Task.sleep(for: SignalBench.samplePause)
                _ = try await client.post("/streams/\(name)", contentType: "text/plain", body: ByteBuffer(string: name))
                accepted.withLockedValue { $0 = .now }
                try await Task.sleep(for: SignalBench.patience)
            }
        }
    }

    /// What `read` makes of the first event, while `act` goes on; nil where `act` ended before one came.
    private static func first(
        of events: ServerSentEvents, _ read: @escaping @Sendable (ServerSentEvent) async throws -> Double,
        while act: @escaping @Sendable () async throws -> Void
    ) async throws -> Double? {
        try await withThrowingTaskGroup(of: Double?.self) { group in
            group.addTask {
                for try await some in events { if let event = some.first { return try await read(event) } }
                return nil
            }
            group.addTask {
                try await act()
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
