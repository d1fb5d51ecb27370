import EventLog
import Events
import FeatureStore
import Features
import Jobs

/// How far the features in a store are, by topic and partition: what their markers say.
struct FeaturePositions {
    /// One partition of one topic.
    struct Place: Hashable {
        var topic: Topic
        var partition: Int32
    }

    /// Every record before this offset is in the features.
    private(set) var next: [Place: Int64] = [:]
    /// The newest record that any of the partition's markers names.
    private(set) var newest: [Place: Position] = [:]

    init(address: StoreAddress, keys: Keys, partitionCounts: [Topic: Int]) throws {
        for (topic, count) in partitionCounts where topic.hasJob {
            let store = try JobStore(address: address, keys: keys, topic: topic)
            for partition in 0..<Int32(count) {
                let (markers, titles) = try store.markers(of: partition)
                let positions = markers.map { $0?.position } + [titles?.position]
                let place = Place(topic: topic, partition: partition)
                next[place] = (positions.map { $0?.offset ?? -1 }.min() ?? -1) + 1
                newest[place] = positions.compactMap { $0 }.filter { $0.offset >= 0 }.max { $0.offset < $1.offset }
            }
        }
    }

    /// Throws where the features hold what the log does not, or lack what it has no more.
    func check(_ topic: Topic, generation: UInt64, _ range: PartitionRange) throws(BackupError) {
        let place = Place(topic: topic, partition: range.partition)
        guard let newest = newest[place] else { return }
        let name = "\(topic.name) partition \(range.partition)"
        if newest.generation != generation {
            throw BackupError("\(name): the features were made from another log (generation \(newest.generation), not \(generation))")
        }
        if range.isLost(newest.offset) {
            throw BackupError("\(name): the features hold offset \(newest.offset), of a future that was lost when the log was restored")
        }
        if newest.offset >= range.end {
            throw BackupError("\(name): the features hold offset \(newest.offset) and the log ends at \(range.end)")
        }
        if let next = next[place], range.passingLeaps(next) < range.start {
            throw BackupError("\(name): the features need offset \(next) and the log begins at \(range.start)")
        }
    }
}
