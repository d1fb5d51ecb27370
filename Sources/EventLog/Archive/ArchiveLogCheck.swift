import Events

/// Compares what is archived of a topic with what the embedded log beside it holds: together they hold every record, and the log all newer ones.
struct ArchiveLogCheck {
    private let topic: Topic
    private let logFolder: String
    /// The log as it was before the archive is looked at: its start moves on behind the archive's end.
    private let logBefore: LogSnapshot.Contents?

    init(_ topic: Topic, logFolder: String) throws(LogError) {
        self.topic = topic
        self.logFolder = logFolder
        logBefore = try LogSnapshot.contents(of: topic, in: logFolder)
    }

    /// `archived`: what the archive was found to hold, of the log of that generation.
    func problems(_ archived: [PartitionRange], generation: UInt64) throws(LogError) -> [ArchiveCheck.Problem] {
        // The log's end moves on before the archive's.
        guard let logBefore, let log = try LogSnapshot.contents(of: topic, in: logFolder) else { return [] }
        guard log.description.generation == generation else {
            let found = "the archive is that of another log than the one in \(logFolder); restore both from one backup"
            return [.init(kind: .foreign, partition: 0, firstOffset: 0, lastOffset: 0, description: found)]
        }
        return archived.flatMap { range in
            let start = logBefore.ranges.first { $0.partition == range.partition }
            let end = log.ranges.first { $0.partition == range.partition }?.end ?? 0
            return [start.flatMap { hole(range, upTo: $0) }, ahead(range, of: end)].compactMap(\.self)
        }
    }

    private func hole(_ archived: PartitionRange, upTo log: PartitionRange) -> ArchiveCheck.Problem? {
        let next = log.passingLeaps(archived.end)
        if next >= log.start { return nil }
        return ArchiveCheck.Problem(
            kind: .hole, partition: log.partition, firstOffset: next, lastOffset: log.start - 1,
            description: "the log begins at offset \(log.start), and no file holds what was before it; restore a newer archive")
    }

    private func ahead(_ archived: PartitionRange, of end: Int64) -> ArchiveCheck.Problem? {
        if archived.end <= end { return nil }
        return ArchiveCheck.Problem(
            kind: .ahead, partition: archived.partition, firstOffset: end, lastOffset: archived.end - 1,
            description: "the log ends at offset \(end) and has lost what is archived from there on; restore both from one backup")
    }
}
