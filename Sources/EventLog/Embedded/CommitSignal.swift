internal import Foundation

/// Wakes a topic's consumers of this process when rows were committed.
///
/// Unchecked because `count` is guarded by `condition`, which the compiler cannot see.
final class CommitSignal: @unchecked Sendable {
    private let condition = NSCondition()
    private var count: UInt64 = 0

    /// How often `notify` was called.
    var current: UInt64 {
        condition.lock()
        defer { condition.unlock() }
        return count
    }

    func notify() {
        condition.lock()
        count += 1
        condition.broadcast()
        condition.unlock()
    }

    /// Returns once `current` differs from `seen`, at the latest after `milliseconds`.
    func wait(after seen: UInt64, milliseconds: Int) {
        let deadline = Date(timeIntervalSinceNow: Double(milliseconds) / 1000)
        condition.lock()
        defer { condition.unlock() }
        while count == seen {
            guard condition.wait(until: deadline) else { return }
        }
    }
}
