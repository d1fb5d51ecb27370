/// The simulated client and the video that it plays.
package struct PlayerSettings: Sendable, Equatable {
    /// Kbps, ascending, at least one.
    package var ladderKbps: [Int32]
    package var segmentMilliseconds: Int64
    /// The client loads no further segment while it would not fit.
    package var bufferMillisecondsMax: Int64 = 25_000
    package var videoMilliseconds: Int64 = 600_000
    /// Time between two samples.
    package var sampleMilliseconds: Int64 = 1000

    /// A client that uses the ladder and the segments of `settings`.
    package init(_ settings: QualitySettings = QualitySettings()) {
        ladderKbps = settings.ladderKbps
        segmentMilliseconds = settings.segmentMilliseconds
    }
}

/// What a viewer went through.
package struct PlaybackResult: Sendable, Equatable {
    /// Time to the first picture; not counted as a stall.
    package var startupSeconds = 0.0
    package var stallSeconds = 0.0
    package var stallCount = 0
    /// Mean over the video played, in media time.
    package var bitrateKbpsMean = 0.0
    /// Changes of rung between one segment and the next.
    package var switchCount = 0
    /// Segments given up half way.
    package var abandonedCount = 0
    /// Signals that the client was sent, releases not counted.
    package var signalCount = 0
    package init() {}
}

/// What happens to a simulated player; times are milliseconds since its start.
package enum PlayerEvent: Sendable, Equatable {
    case sample(QualitySample)
    case stallBegan(at: Int64)
    case stallEnded(at: Int64, stalledMilliseconds: Int64)
    /// A segment is requested at another rung than the one before.
    case switched(at: Int64, bitrateKbps: Int64)
    case finished(PlaybackResult)
}
