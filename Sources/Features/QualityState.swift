/// What the quality job knows of a viewer: the playback sessions with samples lately; at most `sessionCountMax`, the oldest go first.
package struct QualityState: Sendable, Equatable {
    package static let sessionCountMax = 4

    package var asOf: Int64 = 0
    package var sessions: [PlaybackSession] = []
    package init() {}
}

/// One playback session as the predictor sees it. All integers, so that a replay computes the same.
package struct PlaybackSession: Sendable, Equatable {
    package static let ladderCountMax = 12

    package var session: Name
    package var title: Name
    package var at: Int64 = 0
    package var sampleCount: Int32 = 0
    package var stallCount: Int32 = 0
    package var stalledMilliseconds: Int64 = 0
    package var droppedFrames: Int64 = 0
    package var bufferMilliseconds: Int64 = 0
    package var bitrateKbps: Int64 = 0
    /// Fast and slow exponentially weighted estimates of throughput, in 1/256 kbps.
    package var fastThroughput: Int64 = 0
    package var slowThroughput: Int64 = 0
    /// Exponentially weighted variance of throughput, kbps².
    package var variance: Int64 = 0
    /// The rungs that the player told of, kbps ascending; empty: the configured ladder.
    package var ladderKbps: [Int32] = []
    /// The rung that the last signal asked for, -1 where none is in force, and when it was sent.
    package var signalledRung: Int32 = -1
    package var signalledAt: Int64 = 0

    package init(session: Name, title: Name) {
        self.session = session
        self.title = title
    }
}

/// A signal to a player (DESIGN §10).
package struct QualitySignal: Sendable, Equatable {
    package enum Reason: String, CaseIterable, Sendable {
        case bufferDraining = "buffer_draining", throughputFalling = "throughput_falling", recovered

        /// The reason as an effect carries it.
        package var code: UInt8 {
            switch self {
            case .bufferDraining: 0
            case .throughputFalling: 1
            case .recovered: 2
            }
        }

        /// The reason of a code; nil for a code of a newer version.
        package init?(code: UInt8) {
            guard let found = Reason.allCases.first(where: { $0.code == code }) else { return nil }
            self = found
        }
    }

    package var session: SessionID
    /// Index into the ladder, -1 for "released: choose for yourself again".
    package var rung: Int32
    package var bitrateKbps: Int64
    package var emptiesInMilliseconds: Int64
    package var reason: Reason
    /// Event time of the sample that led to it, milliseconds.
    package var at: Int64

    package init(session: SessionID, rung: Int32, bitrateKbps: Int64, emptiesInMilliseconds: Int64, reason: Reason, at: Int64) {
        self.session = session
        self.rung = rung
        self.bitrateKbps = bitrateKbps
        self.emptiesInMilliseconds = emptiesInMilliseconds
        self.reason = reason
        self.at = at
    }
}
