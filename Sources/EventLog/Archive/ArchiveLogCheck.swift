import Events

/// Compares what is archived of a topic with what the embedded log beside it holds: together they hold every record, and the log all newer ones.
struct ArchiveLogCheck {
    private let topic: Topic
    private let logFolder: String
    /// The log as it was before the archive is looked at: its start moves on behind the archive's end.
    private let logBefore: Result<LogSnapshot.Contents?, LogError>

    init(_ topic: Topic, logFolder: String) {
        self.topic = topic
        self.logFolder = logFolder
        logBefore = Result { () throws(LogError) in try LogSnapshot.contents(of: topic, in: logFolder) }
    }

    /// The archive as it was found; its generation is nil where there is none. A log that cannot be read is a problem, and no error: the archive
    /// is looked at all the more.
    func problems(_ files: [ArchivedFile], _ absences: [ArchiveAbsence], generation: UInt64?) -> [ArchiveCheck.Problem] {
        func whole(_ kind: ArchiveCheck.Problem.Kind, _ found: String) -> [ArchiveCheck.Problem] {
            [.init(kind: kind, partition: 0, firstOffset: 0, lastOffset: 0, description: found)]
        }
        do throws(LogError) {
            // The log's end moves on before the archive's.
            guard let before = try logBefore.get(), let log = try LogSnapshot.contents(of: topic, in: logFolder) else {
                if files.isEmpty { return [] }
                return whole(.log, "there is no \(topic.name) in \(logFolder): bring the log back, or restore a backup")
            }
            guard log.description.generation == generation ?? log.description.generation else {
                return whole(
                    .foreign,
                    "the archive is that of another log than the one in \(logFolder); restore both from one backup, or, if that log is the right "
                        + "one, move the archive away")
            }
            return zip(before.ranges, log.ranges).flatMap { before, log in
                let files = files.filter { $0.partition == log.partition }
                return [hole(files.last, upTo: before), ahead(files, absences.filter { $0.partition == log.partition }, of: log)]
                    .compactMap(\.self)
            }
        } catch {
            return whole(.log, "not compared with the log: \(error)")
        }
    }

    private func hole(_ last: ArchivedFile?, upTo log: PartitionRange) -> ArchiveCheck.Problem? {
        // What has no job is not archived.
        if last == nil && !topic.hasJob { return nil }
        let next = log.passingLeaps(last.map { $0.lastOffset + 1 } ?? 0)
        if next >= log.start { return nil }
        return ArchiveCheck.Problem(
            kind: .hole, partition: log.partition, firstOffset: next, lastOffset: log.start - 1,
            description: "the log begins at offset \(log.start), and nothing holds what is between that and the archive's end; restore a "
                + "newer archive")
    }

    /// The first records that the log does not have, of those that stand at its end or beyond, or where it leapt over a lost future.
    private func ahead(_ files: [ArchivedFile], _ absences: [ArchiveAbsence], of log: PartitionRange) -> ArchiveCheck.Problem? {
        for lost in log.leaps.filter(\.isLost).map({ $0.first..<$0.next }) + [log.end..<Int64.max] {
            for file in files where file.lastOffset >= lost.lowerBound && file.firstOffset < lost.upperBound {
                let (first, last) = (max(file.firstOffset, lost.lowerBound), min(file.lastOffset, lost.upperBound - 1))
                let absentCount = absences.reduce(0) { $0 + max(0, min($1.lastOffset, last) - max($1.firstOffset, first) + 1) }
                if absentCount > last - first { continue }
                return ArchiveCheck.Problem(
                    kind: .ahead, partition: log.partition, firstOffset: first, lastOffset: last,
                    description: "\(file.path) holds records that the log has lost; restore both from one backup")
            }
        }
        return nil
    }
}
