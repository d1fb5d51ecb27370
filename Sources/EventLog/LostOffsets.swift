package import Events

/// The offsets of a log's lost futures: those that its original may have handed out after the backup that the log was restored from.
package struct LostOffsets: Sendable {
    private var leaps: [Topic: [Int32: [LogLeap]]] = [:]

    package init() {}

    package mutating func add(_ topic: Topic, _ ranges: [PartitionRange]) {
        for range in ranges where range.leaps.contains(where: \.isLost) { leaps[topic, default: [:]][range.partition] = range.leaps }
    }

    package func contains(_ position: LogPosition) -> Bool {
        guard let leaps = leaps[position.topic]?[position.partition] else { return false }
        return leaps.contains { $0.loses(position.offset) }
    }

    /// The offset, or, where it was lost, the last one before all that was lost with it; −1 where there is none.
    package func lastKept(_ position: LogPosition) -> Int64 {
        let leap = leaps[position.topic]?[position.partition]?.first { $0.loses(position.offset) }
        return leap.map { $0.first - 1 } ?? position.offset
    }

    /// True where something of the topic was lost, and the log has leapt over it.
    package func concern(_ topic: Topic) -> Bool { leaps[topic] != nil }
}
