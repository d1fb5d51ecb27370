import EventLog
import Events
import FeatureStore
import Features
import NIOPosix

/// An embedded log that was set back to an earlier moment, as by an older copy of its files: the archive or the features hold offsets that it would
/// hand out again, and whatever is appended under them would be taken for what they hold already.
struct LogLoss: Error, CustomStringConvertible {
    private var topics: [Topic] = []
    private(set) var findings: [String] = []

    var description: String {
        "the log has lost records, as when an older copy takes its place: \(findings.joined(separator: "; ")). If there is a newer log, put it back. "
            + "Otherwise start again: the log then goes on beyond all offsets that were handed out. Rebuild the features from it with "
            + "`recs replay --from log --into NAME` and `recs namespace switch NAME`"
    }

    /// What the log of a service that starts has lost; nil where it has all, or is not ours.
    static func found(_ parts: Parts) async throws -> LogLoss? {
        guard parts.configuration.log == "embedded" else { return nil }
        // Before the log's ends: others may append meanwhile, and take it in.
        let holders = try await NIOThreadPool.singleton.runIfActive { try archive(parts) + features(parts) }
        var loss = LogLoss()
        for topic in Topic.allCases {
            for range in try await parts.foundations.bareLog.ranges(topic) {
                for holder in holders where (holder.topic, holder.partition) == (topic, range.partition) { loss.note(holder, range) }
            }
        }
        return loss.topics.isEmpty ? nil : loss
    }

    /// Lets the topics go on beyond what they may have handed out; they must not be open.
    func leap(in logFolder: String) throws {
        for topic in topics { try LogSnapshot.leap(topic, in: logFolder) }
    }

    /// Who holds what of a partition.
    private struct Holder {
        var topic: Topic
        var partition: Int32
        /// The newest.
        var offset: Int64
        var words: String
    }

    private static func archive(_ parts: Parts) throws -> [Holder] {
        guard parts.configuration.archives else { return [] }
        let archive = Archive(folder: parts.configuration.archiveFolder)
        return try Topic.allCases.flatMap { topic in
            try ArchiveReader(archive, topic: topic).ranges().map {
                Holder(topic: topic, partition: $0.partition, offset: $0.end - 1, words: "the archive holds")
            }
        }
    }

    private static func features(_ parts: Parts) throws -> [Holder] {
        let counts = Dictionary(uniqueKeysWithValues: Topic.allCases.map { ($0, parts.foundations.partitionCount) })
        do {
            let registry = try parts.connect().namespaceRegistry(parts)
            return try registry.entries.filter { $0.value.state == .live }.flatMap { namespace, _ in
                let keys = Keys(namespace: namespace, bucketsPerPartition: parts.configuration.bucketsPerPartition)
                let newest = try FeaturePositions(address: parts.address, keys: keys, partitionCounts: counts).newest
                return newest.filter { $1.generation == parts.foundations.generations[$0.topic] }.map {
                    Holder(topic: $0.topic, partition: $0.partition, offset: $1.offset, words: "the features hold")
                }
            }
        } catch is StoreError {
            // A Redis of somebody else's that is away, or refuses us: jobs wait for it, and look before they go on.
            return []
        }
    }

    private mutating func note(_ holder: Holder, _ range: PartitionRange) {
        // Once it has leapt, nothing is handed out again.
        if holder.offset < range.end || range.isLost(holder.offset) { return }
        let place = "\(holder.topic.name) partition \(range.partition)"
        findings.append("\(place) ends at offset \(range.end), and \(holder.words) \(holder.offset)")
        if !topics.contains(holder.topic) { topics.append(holder.topic) }
    }
}
