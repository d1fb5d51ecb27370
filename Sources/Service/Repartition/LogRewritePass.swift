import EventLog
import Events
import Foundation

/// Writes all topics of a drained log anew.
struct LogRewritePass: Sendable {
    let parts: Parts
    let folder: RepartitionFolder
    let partitions: Int
    let namespace: String

    /// True where nothing was appended since the plan's log was written.
    func isCurrent(_ plan: RepartitionPlan) throws -> Bool {
        try Topic.allCases.allSatisfy { topic in
            let source = try contents(topic)
            let entry = plan.topics.first { $0.topic == topic.name }
            return entry?.oldGeneration == source.description.generation && entry?.oldEnds == source.ranges.map(\.end)
        }
    }

    /// Answers the plan as it is on disk with the new log. Blocks.
    func run(_ progress: @Sendable (String) -> Void) throws -> RepartitionPlan {
        var plan = RepartitionPlan(oldPartitions: parts.foundations.partitionCount, partitions: partitions, namespace: namespace)
        try folder.write(plan)
        try folder.removeNewLog()
        try FileManager.default.createDirectory(atPath: folder.newLogFolder, withIntermediateDirectories: true)
        let origins = try originsOfLetters()
        let rewrite = LogRewrite(
            source: folder.logFolder, archive: Archive(folder: folder.archiveFolder), target: folder.newLogFolder,
            partitionCount: partitions)
        for topic in Topic.allCases {
            let source = try contents(topic)
            let followed = Set(origins.keys.filter { $0.topic == topic })
            let written = try rewrite.rewrite(topic, following: followed) { progress("writing \(topic.name) anew: \($0) records") }
            plan.topics.append(
                .init(
                    topic: topic.name, oldGeneration: source.description.generation, oldEnds: source.ranges.map(\.end),
                    generation: written.description.generation, ends: written.ranges.map(\.end), recordCount: written.recordCount))
            for (old, new) in written.moved {
                plan.movedRecords += (origins[old] ?? []).map { origin in
                    .init(
                        topic: topic.name, oldPartition: origin.partition, oldOffset: origin.offset, partition: new.partition,
                        offset: new.offset)
                }
            }
        }
        try FolderSync.sync(folder.newLogFolder)
        plan.phase = .rewritten
        try folder.write(plan)
        return plan
    }

    private func contents(_ topic: Topic) throws -> LogSnapshot.Contents {
        guard let contents = try LogSnapshot.contents(of: topic, in: folder.logFolder) else {
            throw RepartitionError("there is no \(topic.name) in \(folder.logFolder)")
        }
        return contents
    }

    /// The places of the records that dead letters are about, each with the places that the letters call it by.
    private func originsOfLetters() throws -> [LogPosition: [LogPosition]] {
        let letters = DeadLetters(parts)
        let moved = try letters.movedRecords()
        var origins: [LogPosition: [LogPosition]] = [:]
        try letters.each(.init()) { letter in origins[moved[letter.origin] ?? letter.origin, default: []].append(letter.origin) }
        return origins
    }
}
