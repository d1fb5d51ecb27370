import FeatureStore
import Features
import Foundation
package import Logging

/// `recs bench growth`: what an event costs and what a viewer takes, from few viewers to many.
package struct GrowthBench: Sendable {
    /// Sizes to measure, the smallest first: it is the yardstick of the others.
    package var userCounts = [10_000, 100_000, 500_000, 2_000_000]
    /// At least so many events a size; more where there are more viewers.
    package var eventCountMin = 1_000_000
    package var eventsPerUser = 2
    package var seed: UInt64 = 1
    package init() {}

    /// What one size takes.
    private struct Memory {
        /// Redis' memory for each viewer with any state: all that it uses less what the titles take.
        var redisPerUser: Double
        /// Keys and values of the viewers with most of them, the busiest hundredth, bytes a viewer.
        var redisPerBusyUser: Double
        var titleMegabytes: Double
        var viewers: Int
    }

    package func run(logger: Logger, progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        var figures: [BenchReport.Figure] = []
        var faults: [String] = []
        for userCount in userCounts.sorted() {
            let eventCount = max(eventCountMin, userCount * eventsPerUser)
            let figure = try await StreamScene.with(
                log: "embedded", logClock: LogClock(), logger: logger, progress: { progress("\(userCount) viewers: \($0)") }
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
                var run = scene.run(meter, count: sent.events)
                faults += scene.check(sent).map { "\(userCount) viewers: \($0)" }
                let memory = try memory(scene, emptyBytes)
                run.details = [
                    ("viewers with state", Double(memory.viewers)), ("Redis bytes a viewer", memory.redisPerUser),
                    ("Redis bytes a busy viewer", memory.redisPerBusyUser), ("Redis MB of titles", memory.titleMegabytes),
                    ("jobs' peak MB", Double(jobByteCount) / 1_048_576),
                    ("jobs' peak bytes a viewer", Double(jobByteCount) / Double(max(memory.viewers, 1))),
                ]
                return BenchReport.Figure("\(userCount) viewers", unit: "events", runs: [run])
            }
            figures.append(figure)
        }
        guard let small = figures.first else { throw ClientError(.invalid, "there is no size to measure") }
        return BenchReport(
            bench: "growth",
            setting:
                "all topics, \(eventsPerUser) events a viewer or \(eventCountMin) in all, appended as of their arrival within a week, "
                + "\(StreamScene.redisSetting), seed \(seed)",
            figures: Array(figures.dropFirst()), yardsticks: [.init(small, of: figures.dropFirst().map(\.name))], faults: faults,
            checked: "every event counted once, each kind as the simulator sent it", peakBytes: ProcessTimes.peakByteCount)
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
        let busy = sizes.prefix(max(1, sizes.count / 100))
        return Memory(
            redisPerUser: Double(used) / Double(max(sizes.count, 1)),
            redisPerBusyUser: Double(busy.reduce(0, +)) / Double(max(busy.count, 1)), titleMegabytes: Double(titleBytes) / 1_048_576,
            viewers: sizes.count)
    }
}
