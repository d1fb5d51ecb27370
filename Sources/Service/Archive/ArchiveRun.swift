import EventLog
import Events

/// One life of an archive job: log → files, and now and then a compaction; belongs to one thread.
final class ArchiveRun {
    private static let recordCountMax = 5000
    private static let pollMilliseconds = 200
    private static let compactionMilliseconds: Int64 = 60_000

    private let residues: ArchiveResidues
    private let topic: TopicDescription
    private let consumer: any LogConsumer
    private let writer: ArchiveWriter
    private let records: Metrics.Counter
    private let erased: Metrics.Counter
    private var compactedAt = wallClockMilliseconds()

    /// Takes the archive and finds the place on the log where it ends.
    init(_ setup: ArchiveSetup) throws(LogError) {
        residues = setup.residues
        topic = setup.topic
        let registry = setup.residues.registry
        writer = try ArchiveWriter(
            setup.archive, topic: setup.topic, columns: try ArchiveColumns(topic: setup.topic.topic, schemas: setup.residues.schemas),
            hasOffsetGaps: setup.hasOffsetGaps
        ) { (id) throws(RegistryError) in try registry.schemaBlocking(id: id) }
        let labels = [("topic", setup.topic.topic.name)]
        records = setup.archivedRecords
        erased = setup.metrics.counter(
            "recs_archive_erased_records_total", help: "Records of erased users of which the archive keeps no more than their counts.",
            labels: labels)
        consumer = try setup.log.consumer(setup.topic.topic, group: nil)
    }

    /// Archives until `isStopping`, then writes what it holds.
    func run(_ isStopping: () -> Bool) throws(LogError) {
        defer { consumer.close() }
        var batch = RecordBatch()
        while !isStopping() {
            let result = try consumer.poll(
                into: &batch, recordCountMax: ArchiveRun.recordCountMax, timeoutMilliseconds: ArchiveRun.pollMilliseconds)
            let now = wallClockMilliseconds()
            switch result {
            case .assigned(let partitions): try seek(partitions)
            case .revoked: break
            case .records:
                try writer.append(batch, now: now)
                records.add(batch.records.count)
            }
            try compact(now)
        }
        try writer.flush()
    }

    private func seek(_ partitions: [Int32]) throws(LogError) {
        for partition in partitions {
            if let next = writer.nextOffset(partition: partition) { try consumer.seek(partition: partition, to: next) }
        }
    }

    private func compact(_ now: Int64) throws(LogError) {
        guard now - compactedAt >= ArchiveRun.compactionMilliseconds || now < compactedAt else { return }
        compactedAt = now
        var compaction = ArchiveCompaction(writer) { [residues, topic] (partition) throws(LogError) in
            try residues.maker(topic, partition: partition)
        }
        erased.add(try compaction.run(now: now).erasedCount)
    }
}
