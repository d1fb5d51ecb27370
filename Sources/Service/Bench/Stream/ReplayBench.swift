import EventLog
import Events
import Features
import Foundation
import Jobs
package import Logging

/// `recs bench replay`: the features of a whole log built anew from the archive into a fresh namespace, beside the live stream over the same
/// events in the same run, and what it took to archive them.
package struct ReplayBench: Sendable {
    package var eventCount = 2_000_000
    package var userCount = 100_000
    package var titleCount = 10_000
    package var seed: UInt64 = 1
    package var runCount = 5
    package init() {}

    /// Fills a log, lets the jobs and the archive jobs take it in, then replays it `runCount` times.
    package func run(logger: Logger, progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        try await StreamScene.with(log: "embedded", titleCount: titleCount, logger: logger, progress: progress) { scene in
            let sent = try await scene.fill(events: eventCount, users: userCount, seed: seed)
            let before = scene.meter()
            try await scene.work(off: sent.events)
            let stream = before.run(count: sent.events, stages: scene.stages)
            var faults = scene.check(sent)
            progress("archiving")
            let archived = try await archive(scene)
            let applied = scene.parts.board.jobs(of: scene.parts.keys.namespace).reduce(0) { $0 + $1.status.ledger.applied }
            var check = try ReplayCheck(scene)
            var runs: [BenchReport.Run] = []
            for number in 1...runCount {
                let (report, run) = try await replay(into: "replay-\(number)", count: sent.events, scene, logger)
                runs.append(run)
                if report.applied != applied { faults.append("run \(number) applied \(report.applied) records, the stream \(applied)") }
                progress("run \(number) of \(runCount): comparing")
                faults += try check.faults(of: report.namespace)
            }
            var report = BenchReport(
                bench: "replay",
                setting:
                    "\(eventCount) events of all topics, \(userCount) viewers, \(titleCount) titles, from the archive, "
                    + "\(StreamScene.redisSetting), seed \(seed)",
                figures: [.init("replay", unit: "events", runs: runs), .init("archiving", unit: "records", runs: [archived])],
                yardsticks: [.init(.init("stream", unit: "events", runs: [stream]), of: ["replay"])],
                faults: Array(faults.prefix(8)),
                checked: "each replay applied as many records as the live stream, and all \(check.count) values are the stream's",
                peakBytes: ProcessTimes.peakByteCount)
            report.aim(atLeast: 2, of: "replay", over: "stream")
            return report
        }
    }

    private func replay(
        into namespace: String, count: Int, _ scene: StreamScene, _ logger: Logger
    ) async throws -> (Replay.Report, BenchReport.Run) {
        var plan = Replay.Plan(namespace: namespace)
        plan.prefersArchive = true
        let meter = scene.meter()
        let replay = try await Replay(plan, configuration: scene.configuration, logger: logger)
        let report = try await replay.run { scene.progress("\(namespace): \($0.done) records, \($0.left) left") }
        await replay.close()
        return (report, meter.run(count: count, stages: BenchReport.shares(replay.stages)))
    }

    /// Runs the archive jobs until they hold all that is on the log.
    private func archive(_ scene: StreamScene) async throws -> BenchReport.Run {
        let setups = Topic.allCases.filter(\.hasJob).map(scene.parts.archiveSetup)
        var wanted: Int64 = 0
        for setup in setups {
            wanted += try await setup.log.ranges(setup.topic.topic).reduce(0) { $0 + $1.end - $1.start }
        }
        let expected = wanted
        let meter = scene.meter()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for setup in setups { tasks.addTask { try await ArchiveService(setup).run() } }
            while setups.reduce(0, { $0 + $1.archivedRecords.current }) < expected { try await Task.sleep(for: .milliseconds(50)) }
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
        var run = meter.run(count: Int(expected))
        let files = try setups.flatMap { try ArchiveReader($0.archive, topic: $0.topic.topic).listing() }
        let bytes = files.reduce(0) { $0 + $1.byteCount }
        run.details = [("archived bytes a record", Double(bytes) / Double(max(expected, 1)))]
        return run
    }
}
