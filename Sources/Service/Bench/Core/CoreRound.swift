import Catalog
import EventLog
import Events
import Foundation

/// One reading of `CoreBench`'s topic, by the job or by a yardstick.
struct CoreRound {
    private static let recordCountMax = 4096
    /// Without a record for so many polls the log has not what it should have.
    private static let emptyPollCountMax = 100

    let settings: CoreBench
    let log: KafkaLog
    let bootstrap: String
    let partitionCount: Int
    let ends: [PartitionRange]
    let broker: Int32?
    let schemas: EventSchemas
    let catalog: Catalog
    let folder: String

    /// A run of the job, with what it counted.
    struct Outcome {
        var run: BenchReport.Run
        var filtered: Int
        var repeats: Int
        var lost: Int

        /// The generator's own counts are another witness: bots' repeats are filtered, not told as repeats.
        func faults(expecting stream: CoreStream, of settings: CoreBench) -> [String] {
            var faults: [String] = []
            if lost > 0 { faults.append("\(lost) events could not be decoded or have an unknown title") }
            if filtered < stream.botCount { faults.append("\(filtered) events filtered, \(stream.botCount) bots sent") }
            if filtered + repeats != stream.botCount + stream.repeatCount {
                faults.append(
                    "\(filtered) filtered and \(repeats) repeats; sent were \(stream.botCount) by bots and \(stream.repeatCount) again")
            }
            return faults
        }
    }

    private var corePath: String { folder + "/core.csv" }
    private var naivePath: String { folder + "/naive.csv" }

    func job() throws -> Outcome {
        var job = CoreJob(settings, schemas: schemas, catalog: catalog)
        let meter = Meter(beside: [("broker", broker)])
        try read { job.take($0) }
        try job.write(to: corePath)
        var run = meter.run(count: settings.eventCount)
        let stages = job.stageShares
        let own = stages.reduce(0) { $0 + $1.cpuSeconds }
        run.stages = stages + [BenchReport.Share("librdkafka's threads", run.cpuSeconds - own)]
        let counts = job.counts
        return Outcome(run: run, filtered: counts.filtered, repeats: counts.repeats, lost: counts.unknown + job.undecodableCount)
    }

    func naive() throws -> BenchReport.Run {
        var job = NaiveCoreJob(schemas: schemas, catalog: catalog)
        let meter = Meter(beside: [("broker", broker)])
        try read { try job.take($0) }
        try job.write(to: naivePath)
        return meter.run(count: settings.eventCount)
    }

    func bare() throws -> BenchReport.Run {
        let meter = Meter(beside: [("broker", broker)])
        _ = try BareKafkaRead.run(
            KafkaSettings(bootstrap: bootstrap), topic: Topic.play.name, partitions: partitionCount, recordCount: settings.eventCount)
        return meter.run(count: settings.eventCount)
    }

    /// True where both files hold the same lines.
    func filesAgree() throws -> Bool {
        let ours = SortedLines(try Data(contentsOf: URL(fileURLWithPath: corePath)))
        return ours == SortedLines(try Data(contentsOf: URL(fileURLWithPath: naivePath)))
    }

    private func read(_ body: (RecordBatch) throws -> Void) throws {
        let consumer = try log.consumer(.play, group: nil)
        defer { consumer.close() }
        var batch = RecordBatch()
        var left = settings.eventCount
        var emptyPollCount = 0
        while left > 0 {
            guard case .records = try consumer.poll(into: &batch, recordCountMax: Self.recordCountMax, timeoutMilliseconds: 100) else {
                continue
            }
            emptyPollCount = batch.records.isEmpty ? emptyPollCount + 1 : 0
            guard emptyPollCount < Self.emptyPollCountMax else { throw LogError(.unavailable, "\(left) events did not come") }
            try body(batch)
            left -= batch.records.count
        }
    }
}
