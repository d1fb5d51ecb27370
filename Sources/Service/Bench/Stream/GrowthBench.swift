import FeatureStore
import Features
import Foundation
package import Logging

/// `recs bench growth`: what an event costs and what a viewer takes, from few viewers to many.
package struct GrowthBench: Sendable {
    /// Sizes to measure, the smallest first: it is the yardstick of the others.
    package var userCounts = [10_000, 100_000, 500_000, 2_000_000]
    /// So many that each viewer comes at least once, and some of them daily.
    package var eventsPerUser = 18
    package var titleCount = 10_000
    /// A size is measured so often that its runs have so many events together, up to `runCountMax` times.
    package var eventCountMin = 1_000_000
    package var seed: UInt64 = 1
    private static let runCountMax = 5
    private static let medianDetail = "of the median viewer"
    private static let busiestDetail = "of the busiest hundredth"
    package init() {}

    /// What one size takes.
    private struct Memory {
        /// Redis' memory for each viewer with any state: all that it uses less what the titles take.
        var redisPerUser: Double
        /// Keys and values in Redis, bytes: of the viewer in the middle, and in the mean of the tenth and of the hundredth with most of them.
        var redisOfMedian: Double
        var redisOfBusyTenth: Double
        var redisOfBusyHundredth: Double
        var titleMegabytes: Double
        var viewers: Int
    }

    package func run(logger: Logger, progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        var figures: [BenchReport.Figure] = []
        var faults: [String] = []
        for userCount in userCounts.sorted() {
            let eventCount = userCount * eventsPerUser
            var figure = BenchReport.Figure("\(userCount) viewers", unit: "events", runs: [])
            for _ in 1...min(Self.runCountMax, max(1, eventCountMin / eventCount)) {
                let (run, wrong) = try await run(userCount, eventCount, logger) { progress("\(userCount) viewers: \($0)") }
                figure.runs.append(run)
                faults += wrong.map { "\(userCount) viewers: \($0)" }
            }
            figures.append(figure)
        }
        guard let small = figures.first else { throw ClientError(.invalid, "there is no size to measure") }
        var report = BenchReport(
            bench: "growth",
            setting:
                "all topics, \(eventsPerUser) events a viewer, appended as of their arrival within a week, \(titleCount) titles, "
                + "\(StreamScene.redisSetting), seed \(seed)",
            figures: Array(figures.dropFirst()), yardsticks: [.init(small, of: figures.dropFirst().map(\.name))], faults: faults,
            checked: "every event counted once, each kind as the simulator sent it", peakBytes: ProcessTimes.peakByteCount)
        let costs = ([small] + report.figures).map { 1 / max($0.perCPUSecond.median, 1e-9) }
        let growth = (costs.max() ?? 0) / (costs.min() ?? 1)
        report.aims.append(.init(of: "", "cost of an event, dearest size / cheapest", growth, .atMost(1.5)))
        for figure in [small] + report.figures {
            report.aim(atMost: 1536, of: Self.medianDetail, in: figure.name)
            report.aim(atMost: 6144, of: Self.busiestDetail, in: figure.name)
        }
        return report
    }

    private func run(
        _ userCount: Int, _ eventCount: Int, _ logger: Logger, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> (BenchReport.Run, faults: [String]) {
        try await StreamScene.with(
            log: "embedded", titleCount: titleCount, logClock: LogClock(), logger: logger, progress: progress
        ) { scene in
            let sent = try await scene.fill(events: eventCount, users: userCount, seed: seed)
            let emptyBytes = try scene.redisInfo("used_memory")
            // What the simulator held goes back to the system, so that what is held more at the peak is the jobs'.
            ProcessTimes.giveBackFreeMemory()
            let residentByteCount = ProcessTimes.residentByteCount
            let meter = scene.meter()
            var peakByteCount = residentByteCount
            try await scene.work(off: sent.events) { peakByteCount = max(peakByteCount, ProcessTimes.residentByteCount) }
            let jobByteCount = peakByteCount - residentByteCount
            var run = meter.run(count: sent.events, stages: scene.stages)
            progress("looking at what a viewer takes")
            let memory = try memory(scene, emptyBytes)
            run.details = [
                ("viewers with state", Double(memory.viewers)), ("Redis bytes a viewer", memory.redisPerUser),
                (Self.medianDetail, memory.redisOfMedian), ("of the busiest tenth", memory.redisOfBusyTenth),
                (Self.busiestDetail, memory.redisOfBusyHundredth), ("Redis MB of titles", memory.titleMegabytes),
                ("jobs' peak MB", Double(jobByteCount) / 1_048_576),
            ]
            return (run, scene.check(sent))
        }
    }

    private func memory(_ scene: StreamScene, _ emptyBytes: Int64) throws -> Memory {
        let connection = try StoreConnection(scene.redis.address)
        var bytesByUser: [String: Int] = [:]
        var titleBytes = 0
        let prefix = scene.parts.keys.namespacePrefix
        try connection.forEachKeys(prefix: prefix) { (keys) throws(StoreError) in
            for (key, size) in zip(keys, try connection.memoryUsage(keys)) {
                // Behind the prefix: tag, topic, "u" or "title", and whose the key is (see `Keys`).
                let parts = String(decoding: key[prefix.count...], as: UTF8.self).split(separator: ":", maxSplits: 3)
                guard parts.count == 4 else { continue }
                if parts[2] == "u" { bytesByUser[String(parts[3]), default: 0] += size }
                if parts[2] == "title" { titleBytes += size }
            }
        }
        let used = try scene.redisInfo("used_memory") - emptyBytes - Int64(titleBytes)
        let sizes = bytesByUser.values.sorted(by: >)
        func mean(ofFirst count: Int) -> Double {
            let first = sizes.prefix(max(1, count))
            return Double(first.reduce(0, +)) / Double(max(1, first.count))
        }
        return Memory(
            redisPerUser: Double(used) / Double(max(sizes.count, 1)), redisOfMedian: sizes.isEmpty ? 0 : Double(sizes[sizes.count / 2]),
            redisOfBusyTenth: mean(ofFirst: sizes.count / 10), redisOfBusyHundredth: mean(ofFirst: sizes.count / 100),
            titleMegabytes: Double(titleBytes) / 1_048_576, viewers: sizes.count)
    }
}
