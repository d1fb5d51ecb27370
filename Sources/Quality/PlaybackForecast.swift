// hot path
package import Features

/// What a session's throughput and buffer are expected to do; integers only, so that a replay forecasts the same.
package struct PlaybackForecast: Sendable, Equatable {
    /// Stands for "does not empty": an hour.
    package static let emptiesMillisecondsMax: Int64 = 3_600_000

    /// The lower of the two estimates, less a share of the standard deviation; never negative.
    package let throughputKbps: Int64
    let bufferMilliseconds: Int64
    let segmentMilliseconds: Int64
    let horizonMilliseconds: Int64
    let reserveMilliseconds: Int64

    package init(_ session: PlaybackSession, settings: QualitySettings) {
        let estimate = min(session.fastThroughput, session.slowThroughput) / 256
        let margin = settings.deviationShare * squareRoot(session.variance) / 256
        // A link that swings by more than it carries is still a link: the margin takes at most half.
        throughputKbps = max(estimate - margin, estimate / 2)
        bufferMilliseconds = session.bufferMilliseconds
        segmentMilliseconds = settings.segmentMilliseconds
        horizonMilliseconds = settings.horizonMilliseconds
        reserveMilliseconds = settings.reserveMilliseconds
    }

    /// Time until the buffer is empty if the player goes on at `bitrateKbps` (0: it loads nothing more).
    ///
    /// A buffer of B that drains at one second a second and fills at c / r empties after B / (1 − c / r). As media arrives in
    /// whole segments, it empties after B already where one segment takes longer than B to load.
    package func emptiesInMilliseconds(atKbps bitrateKbps: Int64) -> Int64 {
        guard bitrateKbps > 0 else { return PlaybackForecast.emptiesMillisecondsMax }
        if loadMilliseconds(atKbps: bitrateKbps) > bufferMilliseconds { return bufferMilliseconds }
        guard throughputKbps < bitrateKbps else { return PlaybackForecast.emptiesMillisecondsMax }
        return min(bufferMilliseconds * bitrateKbps / (bitrateKbps - throughputKbps), PlaybackForecast.emptiesMillisecondsMax)
    }

    /// Whether the player can go on at `bitrateKbps`: the buffer outlasts the horizon, and the reserve outlasts one segment.
    package func isSafe(atKbps bitrateKbps: Int64) -> Bool {
        loadMilliseconds(atKbps: bitrateKbps) + reserveMilliseconds <= bufferMilliseconds
            && emptiesInMilliseconds(atKbps: bitrateKbps) >= horizonMilliseconds
    }

    /// The highest safe rung of an ascending ladder; the lowest where none is safe.
    package func highestSafeRung(of ladderKbps: [Int32]) -> Int {
        var rung = ladderKbps.count - 1
        while rung > 0 && !isSafe(atKbps: Int64(ladderKbps[rung])) { rung -= 1 }
        return max(rung, 0)
    }

    /// Time to load one segment.
    func loadMilliseconds(atKbps bitrateKbps: Int64) -> Int64 {
        throughputKbps > 0 ? bitrateKbps * segmentMilliseconds / throughputKbps : PlaybackForecast.emptiesMillisecondsMax
    }
}

/// The integer part of the square root (Newton's iteration from above).
func squareRoot(_ square: Int64) -> Int64 {
    guard square > 1 else { return max(square, 0) }
    var root = Int64(1) << ((Int64.bitWidth - square.leadingZeroBitCount + 1) / 2)
    while true {
        let next = (root + square / root) / 2
        if next >= root { return root }
        root = next
    }
}
