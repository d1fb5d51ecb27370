/// How often a job commits: at its interval where it keeps up, so that features are fresh; once a second where it is behind by more than a
/// second of work, so that a viewer's changes of a second are one write. What is that late is not later by it.
struct CommitPace: Sendable {
    private static let behindInterval = Duration.seconds(1)
    /// Fewer records than this are no lag.
    private static let lagMin = 4096.0

    let interval: Duration
    private(set) var isBehind = false

    init(interval: Duration) { self.interval = interval }

    /// The time between two commits now.
    var current: Duration { isBehind ? max(interval, CommitPace.behindInterval) : interval }

    /// Milliseconds that a poll may wait when `elapsed` has passed since the last commit; never longer than the interval of who keeps up.
    func pollMilliseconds(after elapsed: Duration) -> Int { max(1, Int(min(current - elapsed, interval) / .milliseconds(1))) }

    /// - Parameters:
    ///   - lag: Records of the log that were not taken in yet.
    ///   - rate: Records taken in a second.
    mutating func saw(lag: Int64, rate: Double) { isBehind = Double(lag) > max(rate, CommitPace.lagMin) }

    /// A poll has found nothing.
    mutating func foundNothing() { isBehind = false }
}
