/// How often a job commits: at its interval where it keeps up, so that features are fresh; more rarely where it is behind by more than a second
/// of work, so that a viewer's changes of that time are one write. It adds at most that time to what is later already.
struct CommitPace: Sendable {
    /// Of a job that lags.
    static let behindInterval = Duration.seconds(1)
    /// Between two commits of title values of a job that lags: there are as many of them as titles, however few viewers came in between.
    static let titleBehindInterval = Duration.seconds(3)
    /// Of who builds what nobody reads yet. Rarer commits would gain nothing: busy viewers ask for one each second of a replay.
    static let replaying = CommitPace(interval: .seconds(1), behind: .seconds(1))
    /// Fewer records than this are no lag.
    private static let lagMin = 4096.0

    private let interval: Duration
    private let behindInterval: Duration
    /// Records to take in until the job has caught up with what it was behind.
    private var left: Int64 = 0

    /// - Parameter behind: the time between two commits where the job is behind, if that is longer.
    init(interval: Duration, behind: Duration = behindInterval) {
        self.interval = interval
        behindInterval = max(interval, behind)
    }

    var isBehind: Bool { left > 0 }

    /// The time between two commits now.
    var current: Duration { isBehind ? behindInterval : interval }

    /// Milliseconds that a poll may wait when `elapsed` has passed since the last commit; never longer than the interval of who keeps up.
    func pollMilliseconds(after elapsed: Duration) -> Int { max(1, Int(min(current - elapsed, interval) / .milliseconds(1))) }

    /// - Parameters:
    ///   - lag: Records of the log that were not taken in yet.
    ///   - rate: Records taken in a second.
    mutating func saw(lag: Int64, rate: Double) { left = Double(lag) > max(rate, CommitPace.lagMin) ? lag : 0 }

    /// Records were taken in.
    mutating func took(_ count: Int) { left = max(0, left - Int64(count)) }

    /// A poll has found nothing, which alone does not mean that nothing is left: it may have waited a moment only, or the log is slow.
    mutating func foundNothing(lag: Int64) { if lag == 0 { left = 0 } }
}
