import Synchronization

/// A clock for a benchmark's embedded log that is set to the simulated events' arrival, so that log time passes as it does in life: a week's
/// traffic that is appended within seconds would leave in every value what is kept for a minute or a day.
final class LogClock: Sendable {
    private let time = Atomic<Int64>(0)

    /// Milliseconds since 1970.
    var now: Int64 { time.load(ordering: .relaxed) }

    func set(_ now: Int64) { time.store(now, ordering: .relaxed) }
}
