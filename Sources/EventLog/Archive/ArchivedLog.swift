package import Events

/// A log whose topics reach back as far as their archives do: what the log no longer holds is read from the archive.
///
/// Offsets that Kafka leaves out do not appear (nor, from older archives, those of erased records): consumers take offsets as ascending, not as
/// consecutive. An archive is used where it reaches the log's start; one that ends before it would leave a hole, and the log then begins where it begins itself.
package final class ArchivedLog: EventLog {
    private let log: any EventLog
    private let archive: Archive
    private let prefersArchive: Bool
    private let blocking = BlockingQueue(label: "archived-log")

    /// - Parameter prefersArchive: reads from the archive whatever it holds, and from the log only what follows.
    package init(_ log: any EventLog, archive: Archive, prefersArchive: Bool = false) {
        self.log = log
        self.archive = archive
        self.prefersArchive = prefersArchive
    }

    /// Throws `.mismatch` where the archive is of another generation than the log.
    package func open(_ topic: Topic, partitions: Int) async throws(LogError) -> TopicDescription {
        let description = try await log.open(topic, partitions: partitions)
        let archive = archive
        let archived = try await blocking.run { () throws(LogError) in try ArchiveReader(archive, topic: topic).generation() }
        guard archived == nil || archived == description.generation else {
            throw ArchiveManifest.otherGeneration(topic, found: archived ?? 0, wanted: description.generation, archive)
        }
        return description
    }

    package func append(_ batch: AppendBatch) async -> [AppendOutcome] { await log.append(batch) }

    package func appendBlocking(_ batch: AppendBatch) -> [AppendOutcome] { log.appendBlocking(batch) }

    package func ranges(_ topic: Topic) async throws(LogError) -> [PartitionRange] {
        let ranges = try await log.ranges(topic)
        let archive = archive
        let archived = try await blocking.run { () throws(LogError) in try ArchiveReader(archive, topic: topic).ranges() }
        return ranges.map { range in
            range.reachingBack(to: archived.first { $0.partition == range.partition })
        }
    }

    package func offsets(_ topic: Topic, atOrAfter time: Int64) async throws(LogError) -> [Int32: Int64] {
        let onLog = try await log.offsets(topic, atOrAfter: time)
        let ranges = try await log.ranges(topic)
        let archive = archive
        return try await blocking.run { () throws(LogError) in
            let reader = ArchiveReader(archive, topic: topic)
            let archived = try reader.ranges()
            var offsets = onLog
            for range in ranges where range.reachingBack(to: archived.first { $0.partition == range.partition }).start < range.start {
                if let found = try reader.offset(partition: range.partition, atOrAfter: time), found < range.start {
                    offsets[range.partition] = found
                }
            }
            return offsets
        }
    }

    package func consumer(_ topic: Topic, group: String?) throws(LogError) -> any LogConsumer {
        ArchivedConsumer(try log.consumer(topic, group: group), ArchiveReader(archive, topic: topic), prefersArchive: prefersArchive)
    }

    package func close() async { await log.close() }
}

extension PartitionRange {
    /// The range with what an archive holds before it, where the two meet.
    func reachingBack(to archived: PartitionRange?) -> PartitionRange {
        guard let archived, archived.start < start, archived.end >= start else { return self }
        return PartitionRange(partition: partition, start: archived.start, end: end, leaps: leaps)
    }
}
