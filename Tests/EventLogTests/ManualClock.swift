import Synchronization

/// A clock that tests set.
final class ManualClock: Sendable {
    private let time: Atomic<Int64>
    init(_ time: Int64) { self.time = Atomic(time) }

    var now: Int64 {
        get { time.load(ordering: .relaxed) }
        set { time.store(newValue, ordering: .relaxed) }
    }
}
