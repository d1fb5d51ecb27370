/// One Redis value: a topic's features of one viewer with all that makes them exact (DESIGN §6.2).
///
/// Bytes: generation (8, big-endian) and applied offset (8, big-endian) — the 16 bytes that the conditional write compares —
/// then format version, codec version, flags, the features, the recent ids, the outbox.
package struct UserValue<State: TopicState>: Sendable {
    /// The newest applied position; `.none` where no event was applied.
    package var applied = Position.none
    /// Append time of the newest applied record, milliseconds: log time, by which things expire.
    package var logTime: Int64 = 0
    /// True after an erasure: features are empty and stay out of sight until new events come.
    package var isErased = false
    package var recentIDs = RecentIDs()
    /// Oldest first.
    package var outbox: [OutboxEntry] = []
    package var state = State()
    package init() {}
}

/// The ids of the last events applied to a value: 64-bit fingerprints with their offsets, oldest first.
package struct RecentIDs: Sendable, Equatable {
    package static let countMax = 128
    /// Dropped after a day of log time.
    package static let keptMilliseconds: Int64 = 86_400_000

    package struct Entry: Sendable, Equatable, BitwiseCopyable {
        package var fingerprint: UInt64
        package var offset: Int64
        package var appendTime: Int64

        package init(fingerprint: UInt64, offset: Int64, appendTime: Int64) {
            self.fingerprint = fingerprint
            self.offset = offset
            self.appendTime = appendTime
        }
    }
    package var entries: [Entry] = []
    package init() {}
}

/// The module's error: bytes that are not what a codec wrote.
package struct StateError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
