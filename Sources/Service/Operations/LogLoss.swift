import EventLog
import Events
import FeatureStore
import Features
import NIOPosix

/// An embedded log that was set back to an earlier moment, as by an older copy of its files: the archive or the features hold offsets that it would
/// hand out again, and whatever is appended under them would be taken for what they hold already.
struct LogLoss: Error, CustomStringConvertible {
    private var topics: [Topic] = []
    private var findings: [String] = []

    var description: String {
        "the log has lost records, as when an older copy takes its place: \(findings.joined(separator: "; ")). If there is a newer log, put it back. "
            + "Otherwise start again: the log then goes on beyond all offsets that were handed out. Rebuild the features from it with "
            + "`recs replay --into NAME` and `recs namespace switch NAME`"
    }

    /// What the log of a service that starts has lost; nil where it has all, or is not ours.
    static func found(_ parts: Parts) async throws -> LogLoss? {
        guard parts.configuration.log == "embedded" else { return nil }
        var ranges: [Topic: [PartitionRange]] = [:]
        for topic in Topic.allCases { ranges[topic] = try await parts.foundations.bareLog.ranges(topic) }
        return try await NIOThreadPool.singleton.runIfActive { [ranges] in
            var loss = LogLoss()
            try loss.compareWithArchive(parts, ranges)
            try loss.compareWithFeatures(parts, ranges)
            return loss.topics.isEmpty ? nil : loss
        }
    }

    /// Lets the topics go on beyond what they may have handed out; they must not be open.
    func leap(in logFolder: String) throws {
        for topic in topics { try LogSnapshot.leap(topic, in: logFolder) }
    }

    private mutating func compareWithArchive(_ parts: Parts, _ ranges: [Topic: [PartitionRange]]) throws {
        guard parts.configuration.archives else { return }
        let archive = Archive(folder: parts.configuration.archiveFolder)
        for (topic, ranges) in ranges {
            for archived in try ArchiveReader(archive, topic: topic).ranges() {
                for range in ranges where range.partition == archived.partition {
                    note(topic, range, archived.end - 1, "the archive holds")
                }
            }
        }
    }

    private mutating func compareWithFeatures(_ parts: Parts, _ ranges: [Topic: [PartitionRange]]) throws {
        do {
            let registry = try parts.connect().namespaceRegistry(parts)
            for (namespace, entry) in registry.entries where entry.state == .live {
                let keys = Keys(namespace: namespace, bucketsPerPartition: parts.configuration.bucketsPerPartition)
                let positions = try FeaturePositions(address: parts.address, keys: keys, partitionCounts: ranges.mapValues(\.count))
                for (place, newest) in positions.newest where newest.generation == parts.foundations.generations[place.topic] {
                    for range in ranges[place.topic] ?? [] where range.partition == place.partition {
                        note(place.topic, range, newest.offset, "the features hold")
                    }
                }
            }
        } catch let error as StoreError where error.kind == .unavailable {
            // A Redis of somebody else's that is away: jobs will wait for it, and look again before they go on.
        }
    }

    private mutating func note(_ topic: Topic, _ range: PartitionRange, _ offset: Int64, _ holder: String) {
        // Once it has leapt, nothing is handed out again.
        if offset < range.end || range.isLost(offset) { return }
        findings.append("\(topic.name) partition \(range.partition) ends at offset \(range.end), and \(holder) \(offset)")
        if !topics.contains(topic) { topics.append(topic) }
    }
}
