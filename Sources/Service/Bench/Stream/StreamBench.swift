package import Logging

/// `recs bench stream`: log → jobs → Redis with simulated traffic of all topics, checked, beside yardsticks measured in the same run.
package struct StreamBench: Sendable {
    package var eventCount = 2_000_000
    package var userCount = 100_000
    package var titleCount = 10_000
    package var seed: UInt64 = 1
    package var runCount = 5
    /// `embedded`, `kafka` (a mock cluster in a process of its own) or `kafka://HOST:PORT`.
    package var log = "embedded"
    /// The mock cluster keeps 5 MB of a partition; so many events of all topics together, compressed, leave the fullest topic's partitions room.
    private static let mockEventCountMax = 90_000

    package init() {}

    /// What one run measured.
    struct Outcome {
        var faults: [String]
        var stream: BenchReport.Figure
        /// The same runs, counted by what they wrote.
        var writes: BenchReport.Figure
        /// Filling the log through the gateway, without HTTP.
        var capture: BenchReport.Figure
        var bareRead: BenchReport.Figure
        var bareWrites: BenchReport.Figure
    }

    /// Runs the benchmark, each run with a log and a Redis of its own; `progress` is told what is being done.
    package func run(logger: Logger, progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        var outcomes: [Outcome] = []
        for number in 1...runCount {
            outcomes.append(try await runOnce(logger: logger) { progress("run \(number) of \(runCount): \($0)") })
        }
        func merged(_ part: KeyPath<Outcome, BenchReport.Figure>) -> BenchReport.Figure {
            var figure = outcomes[0][keyPath: part]
            figure.runs = outcomes.flatMap { $0[keyPath: part].runs }
            return figure
        }
        var report = BenchReport(
            bench: "stream",
            setting:
                "\(eventCount) events of all topics, \(userCount) viewers, \(titleCount) titles, log \(log), \(partitionCount) partitions, "
                + "\(StreamScene.redisSetting), seed \(seed)",
            figures: [merged(\.stream), merged(\.writes), merged(\.capture)],
            yardsticks: [.init(merged(\.bareRead), of: ["stream"]), .init(merged(\.bareWrites), of: ["stream, values written"])],
            faults: outcomes.flatMap(\.faults), checked: "every event counted once, each kind as the simulator sent it",
            peakBytes: ProcessTimes.peakByteCount)
        report.aim(atLeast: 250_000, of: "stream")
        report.aim(atMost: 1, of: StreamBenchRun.writesDetail, in: "stream")
        return report
    }

    private var partitionCount: Int {
        let usual = Configuration().partitionCount
        return log == "kafka" ? max(usual, (eventCount + Self.mockEventCountMax - 1) / Self.mockEventCountMax) : usual
    }

    private func runOnce(logger: Logger, progress: @escaping @Sendable (String) -> Void) async throws -> Outcome {
        try await StreamScene.with(log: log, partitionCount: partitionCount, titleCount: titleCount, logger: logger, progress: progress) {
            try await StreamBenchRun(bench: self, scene: $0).measure()
        }
    }
}
