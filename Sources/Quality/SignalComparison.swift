internal import Features

/// One client on one stretch of network, with signals and without.
package struct SignalComparison: Sendable, Equatable {
    package var withSignals: PlaybackResult
    package var withoutSignals: PlaybackResult

    package init(withSignals: PlaybackResult, withoutSignals: PlaybackResult) {
        self.withSignals = withSignals
        self.withoutSignals = withoutSignals
    }

    /// Several playbacks of the same length of video together; `comparisons` must not be empty.
    package init(totalOf comparisons: [SignalComparison]) {
        withSignals = PlaybackResult(totalOf: comparisons.map(\.withSignals))
        withoutSignals = PlaybackResult(totalOf: comparisons.map(\.withoutSignals))
    }
}

extension PlaybackResult {
    /// Times and counts are added up; the bitrate is the mean over all video played, which is the mean of means for equal lengths.
    fileprivate init(totalOf results: [PlaybackResult]) {
        precondition(!results.isEmpty, "a total is of one playback at least")
        for result in results {
            startupSeconds += result.startupSeconds
            stallSeconds += result.stallSeconds
            stallCount += result.stallCount
            bitrateKbpsMean += result.bitrateKbpsMean / Double(results.count)
            switchCount += result.switchCount
            abandonedCount += result.abandonedCount
            signalCount += result.signalCount
        }
    }
}

/// Plays the trace twice: left alone, and with signals that reach the client `signalDelayMilliseconds` after the sample behind them.
package func compare(
    trace: NetworkTrace, startMilliseconds: Int64 = 0, rule: AdaptationRule, settings: QualitySettings = QualitySettings(),
    player: PlayerSettings? = nil, signalDelayMilliseconds: Int64 = 200
) -> SignalComparison {
    let playerSettings = player ?? PlayerSettings(settings)
    var alone = SimulatedPlayer(trace: trace, startMilliseconds: startMilliseconds, rule: rule, settings: playerSettings)
    var guided = GuidedPlayback(
        player: SimulatedPlayer(trace: trace, startMilliseconds: startMilliseconds, rule: rule, settings: playerSettings),
        settings: settings, delayMilliseconds: signalDelayMilliseconds, ladderKbps: playerSettings.ladderKbps)
    return SignalComparison(withSignals: guided.play(), withoutSignals: play(&alone))
}

private func play(_ player: inout SimulatedPlayer) -> PlaybackResult {
    while true {
        if case .finished(let result) = player.advance() { return result }
    }
}

/// A player, the predictor that watches it, and the signals on their way to it.
private struct GuidedPlayback {
    var player: SimulatedPlayer
    let settings: QualitySettings
    let delayMilliseconds: Int64
    var session = PlaybackSession(session: .none, title: .none)
    var underway: [SignalDecision] = []
    var signalCount = 0

    init(player: SimulatedPlayer, settings: QualitySettings, delayMilliseconds: Int64, ladderKbps: [Int32]) {
        self.player = player
        self.settings = settings
        self.delayMilliseconds = delayMilliseconds
        session.ladderKbps = ladderKbps
    }

    mutating func play() -> PlaybackResult {
        while true {
            let event = player.advance(until: underway.first.map { $0.at + delayMilliseconds })
            switch event {
            case nil: player.obey(rung: underway.removeFirst().rung)
            case .sample(let sample): watch(sample)
            case .stallBegan(let at): session.stallBegan(at: at)
            case .stallEnded(let at, let milliseconds): session.stallEnded(at: at, stalledMilliseconds: milliseconds)
            case .switched: break
            case .finished(var result):
                result.signalCount = signalCount
                return result
            }
        }
    }

    private mutating func watch(_ sample: QualitySample) {
        session.update(sample, settings: settings)
        guard let decision = decide(session, isAdapting: sample.isAdapting, at: sample.at, settings: settings) else { return }
        session.record(decision)
        underway.append(decision)
        if !decision.isRelease { signalCount += 1 }
    }
}
