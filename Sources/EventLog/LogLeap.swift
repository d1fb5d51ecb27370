/// Offsets that a partition left out, `first..<next`: the record after the one at `first - 1` stands at `next`.
///
/// A log that takes the place of another goes on beyond all offsets that the other may have handed out, so that an offset names one record
/// for ever, and so do the ids that are derived from it.
package struct LogLeap: Sendable, Hashable, BitwiseCopyable {
    package var first: Int64
    package var next: Int64
    /// True for the offsets of a future that was lost: the log is a restored copy, and its original may have handed them out after the copy
    /// was made. False for those of the log's records before it was repartitioned.
    package var isLost: Bool

    package init(first: Int64, next: Int64, isLost: Bool) {
        self.first = first
        self.next = next
        self.isLost = isLost
    }

    /// True for an offset of a future that was lost.
    func loses(_ offset: Int64) -> Bool { isLost && (first..<next).contains(offset) }

    /// The offset after a leap that begins there; `offset` itself where none does. `leaps` ascend.
    static func landing(_ offset: Int64, _ leaps: [LogLeap]) -> Int64 {
        leaps.reduce(offset) { ($1.first..<$1.next).contains($0) ? $1.next : $0 }
    }
}

extension PartitionRange {
    /// The offset itself, or, where it was left out, the next one that was not.
    package func passingLeaps(_ offset: Int64) -> Int64 { LogLeap.landing(offset, leaps) }

    /// Offsets from `offset` to the end, those aside that were left out.
    package func count(from offset: Int64) -> Int64 {
        let from = max(offset, start)
        let skipped = leaps.reduce(0) { $0 + max(0, min($1.next, end) - max($1.first, from)) }
        return max(0, end - from - skipped)
    }

    /// True for an offset of the future that was lost when the log was restored.
    package func isLost(_ offset: Int64) -> Bool { leaps.contains { $0.loses(offset) } }
}
