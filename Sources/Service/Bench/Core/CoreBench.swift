import Catalog
import EventLog
import Events
import Foundation

/// `recs bench core`: Kafka → Avro → filter → enrich → exact dedupe → plays per viewer, genre and hour → file, checked against a naive version
/// of the same, beside bare consuming of the same topic.
package struct CoreBench: Sendable {
    package var eventCount = 1_000_000
    package var runCount = 5
    package var userCount = 50_000
    package var titleCount = 10_000
    package var repeatShare = 0.02
    package var botShare = 0.03
    package var seed: UInt64 = 1
    /// `kafka` (a mock cluster in a process of its own) or `kafka://HOST:PORT`.
    package var log = "kafka"
    package init() {}

    /// What the mock cluster keeps of a partition is 5 MB; so many events leave it room.
    private static let mockEventCountMax = 16_000
    private static let partitionCountMin = 4
    private static let appendCountMax = 50_000
    private static let naiveRunCountMax = 3

    /// Fills a topic, reads it with the job and with both yardsticks by turns, and compares the files.
    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        let folder = try BenchFolder()
        defer { folder.remove() }
        let partitionCount = max(Self.partitionCountMin, (eventCount + Self.mockEventCountMax - 1) / Self.mockEventCountMax)
        let broker = log == "kafka" ? try BrokerChild(partitionCount: partitionCount) : nil
        let bootstrap = broker?.bootstrap ?? String(log.dropFirst(log.hasPrefix("kafka://") ? 8 : 0))
        let log = try KafkaLog(settings: KafkaSettings(bootstrap: bootstrap))
        let topic = try await log.open(.play, partitions: partitionCount)
        var stream = CoreStream(self)
        try fill(log, &stream, progress)
        let ends = try await log.ranges(.play)
        guard ends.reduce(0, { $0 + $1.end - $1.start }) == Int64(eventCount) else {
            throw LogError(
                .mismatch, "the topic does not hold the \(eventCount) events; the broker must be empty before, and keep them all")
        }
        let round = CoreRound(
            settings: self, log: log, bootstrap: bootstrap, partitionCount: topic.partitions, ends: ends, broker: broker?.pid,
            schemas: try Resources().schemas(), catalog: CoreStream.catalog(self), folder: folder.path)
        let report = try measure(round, stream, progress)
        await log.close()
        return report
    }

    private func fill(_ log: KafkaLog, _ stream: inout CoreStream, _ progress: (String) -> Void) throws {
        var sent = 0
        while true {
            let batch = stream.next(Self.appendCountMax)
            if batch.records.isEmpty { return }
            for case .failed(let error) in log.appendBlocking(batch) { throw error }
            sent += batch.records.count
            progress("\(sent) of \(eventCount) events on the topic")
        }
    }

    private func measure(_ round: CoreRound, _ stream: CoreStream, _ progress: (String) -> Void) throws -> BenchReport {
        progress("warm-up")
        _ = try round.job()
        _ = try round.bare()
        var core: [BenchReport.Run] = []
        var bare: [BenchReport.Run] = []
        var naive: [BenchReport.Run] = []
        var faults: [String] = []
        for number in 1...runCount {
            progress("run \(number) of \(runCount)")
            let outcome = try round.job()
            core.append(outcome.run)
            faults += outcome.faults(expecting: stream, of: self)
            bare.append(try round.bare())
            if number <= Self.naiveRunCountMax { naive.append(try round.naive()) }
            if try !round.filesAgree() { faults.append("run \(number): the file is not what the naive version writes") }
        }
        var report = BenchReport(
            bench: "core",
            setting: "\(eventCount) events, \(userCount) viewers, \(titleCount) titles, \(round.partitionCount) partitions, seed \(seed)",
            figures: [.init("core job", unit: "events", runs: core)],
            yardsticks: [
                .init(.init("bare librdkafka consume", unit: "events", runs: bare), of: ["core job"]),
                .init(.init("naive Swift", unit: "events", runs: naive), of: ["core job"]),
            ], faults: Array(faults.prefix(8)),
            checked: "each run's file is byte for byte the naive version's after sorting; counts of bots and repeats are the generator's",
            peakBytes: ProcessTimes.peakByteCount)
        report.aim(atLeast: 600_000, of: "core job")
        return report
    }
}
