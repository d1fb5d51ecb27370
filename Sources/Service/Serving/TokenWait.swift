import EventLog
import Events
import FeatureStore
package import Features
import Jobs

/// Waits until the features hold what a read token names (DESIGN §7): read-your-writes for those who need it.
package struct TokenWait: Sendable {
    /// How long a read waits at most.
    package static let limit = Duration.seconds(2)

    package enum Outcome: Sendable {
        case reached
        /// Not within the limit.
        case late
        /// The token names events that were lost when the log was restored from a backup, or set back.
        case lost
        /// The token names partitions that this log has not.
        case foreign

        /// What a page says of it.
        var warning: String? {
            switch self {
            case .reached: nil
            case .late: "the token's events are not all in the features yet (waited \(TokenWait.limit))"
            case .lost: "the token's events were lost when the log was restored from a backup or set back; send them again"
            case .foreign: "the token is of another log, or from before `recs repartition`: it says nothing of these features"
            }
        }
    }

    let viewers: ViewerReader

    /// Waits until the markers of the viewer's bucket have passed the token's positions, within the limit.
    package func wait(for token: ReadToken, user: UserID) async throws -> Outcome {
        let partitions = 0..<Int32(viewers.partitionCount)
        if token.offsets.values.contains(where: { !$0.keys.allSatisfy(partitions.contains) }) { return .foreign }
        let isLost = token.offsets.contains { topic, offsets in
            offsets.contains { viewers.lostOffsets.contains(LogPosition(topic: topic, partition: $0, offset: $1)) }
        }
        if isLost { return .lost }
        let bucket = viewers.bucket(of: user)
        let wanted = token.offsets.compactMap { topic, offsets in offsets[bucket.partition].map { (topic, $0) } }
        if wanted.isEmpty { return .reached }
        let keys = wanted.map { viewers.keys.marker(topic: $0.0.key, bucket: bucket) }
        let deadline = ContinuousClock.now + TokenWait.limit
        while true {
            let values = try await viewers.reader.read(keys)
            let reached = try values.map { value in try value.map { try $0.withUnsafeBytes { try Marker(bytes: $0).position.offset } } ?? -1
            }
            if zip(reached, wanted).allSatisfy({ $0 >= $1.1 }) { return .reached }
            if ContinuousClock.now >= deadline { return .late }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
