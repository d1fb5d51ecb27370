import EventLog
import Events

/// Reads a topic from given offsets to where it ends now, on nobody's behalf. Blocks; call it from a thread that may.
struct LogScan {
    /// A log that brings nothing for so long while there is more to read does not answer.
    private static let silentPollCountMax = 50
    private static let pollMilliseconds = 200

    let log: any EventLog

    /// `start` says where to begin in a partition with the extent given; nil leaves the partition out.
    /// `body` gets a record and the buffer that its slices point into.
    func each(
        of topic: Topic, from start: (PartitionRange) -> Int64?,
        _ body: (RecordBatch.Record, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let consumer = try log.consumer(topic, group: nil)
        defer { consumer.close() }
        var batch = RecordBatch()
        var ends: [Int32: Int64]?
        var silentPollCount = 0
        while ends?.isEmpty != true {
            switch try consumer.poll(into: &batch, recordCountMax: 2000, timeoutMilliseconds: LogScan.pollMilliseconds) {
            case .assigned(let partitions): ends = try seek(consumer, partitions, start)
            case .revoked: throw LogError(.unavailable, "\(topic.name): the log took its partitions back while they were read; try again")
            case .records:
                silentPollCount = batch.records.isEmpty ? silentPollCount + 1 : 0
                for record in batch.records where record.offset < ends?[record.partition] ?? 0 {
                    try batch.bytes.withUnsafeBytes { try body(record, $0) }
                }
            }
            ends = ends?.filter { partition, end in consumer.position(partition: partition) ?? 0 < end }
            if silentPollCount == LogScan.silentPollCountMax, let (partition, end) = ends?.first {
                throw LogError(
                    .unavailable,
                    "\(topic.name) partition \(partition): read to offset \(consumer.position(partition: partition) ?? 0) of \(end), "
                        + "then nothing came for 10 s; is the broker there? Try again when it is")
            }
        }
    }

    /// The ends of the partitions that have something to read.
    private func seek(
        _ consumer: any LogConsumer, _ partitions: [Int32], _ start: (PartitionRange) -> Int64?
    ) throws -> [Int32: Int64] {
        var ends: [Int32: Int64] = [:]
        for partition in partitions {
            let range = try consumer.range(partition: partition)
            let first = min(max(start(range) ?? range.end, range.start), range.end)
            try consumer.seek(partition: partition, to: first)
            if first < range.end { ends[partition] = range.end }
        }
        return ends
    }
}
