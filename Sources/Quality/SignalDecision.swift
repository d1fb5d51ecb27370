// hot path
package import Features

/// What a session should be told; `QualitySignal` without the session's name.
package struct SignalDecision: Sendable, Equatable {
    /// Index into the session's ladder, -1 for "released".
    package var rung: Int32
    /// Of the rung; 0 where released.
    package var bitrateKbps: Int64
    /// `PlaybackForecast.emptiesMillisecondsMax` where the buffer is not expected to empty.
    package var emptiesInMilliseconds: Int64
    package var reason: QualitySignal.Reason
    /// Event time of the sample that led to it.
    package var at: Int64

    package init(rung: Int32, bitrateKbps: Int64, emptiesInMilliseconds: Int64, reason: QualitySignal.Reason, at: Int64) {
        self.rung = rung
        self.bitrateKbps = bitrateKbps
        self.emptiesInMilliseconds = emptiesInMilliseconds
        self.reason = reason
        self.at = at
    }

    package var isRelease: Bool { rung < 0 }
}

/// Decides whether to signal after a sample: a cap where the buffer is about to empty, a release once the cap is no longer needed.
///
/// A function of its arguments alone. Nothing is said to a client that is adapting by itself, nor within
/// `signalIntervalMilliseconds` of the signal before; a cap in force is only lowered or released, never raised step by step.
package func decide(
    _ session: PlaybackSession, isAdapting: Bool, at time: Int64, settings: QualitySettings
) -> SignalDecision? {
    guard session.sampleCount > 0 else { return nil }
    let isSignalled = session.signalledRung >= 0
    if session.signalledAt > 0 && time - session.signalledAt < settings.signalIntervalMilliseconds { return nil }
    let ladder = session.ladder(settings: settings)
    let forecast = PlaybackForecast(session, settings: settings)
    if isSignalled && isRecovered(session, ladder, forecast, at: time, settings) {
        return SignalDecision(
            rung: -1, bitrateKbps: 0, emptiesInMilliseconds: forecast.emptiesInMilliseconds(atKbps: session.bitrateKbps),
            reason: .recovered, at: time)
    }
    guard !isAdapting else { return nil }
    let empties = forecast.emptiesInMilliseconds(atKbps: session.bitrateKbps)
    guard empties < settings.horizonMilliseconds else { return nil }
    let rung = forecast.highestSafeRung(of: ladder)
    let kbps = Int64(ladder[rung])
    guard kbps < session.bitrateKbps, !isSignalled || rung < Int(session.signalledRung) else { return nil }
    let isFalling = session.fastThroughput < session.slowThroughput - session.slowThroughput / 4
    return SignalDecision(
        rung: Int32(rung), bitrateKbps: kbps, emptiesInMilliseconds: empties,
        reason: isFalling ? .throughputFalling : .bufferDraining, at: time)
}

/// Whether the cap has done its work: the buffer is back at a comfortable level and carries the rung above; or it is old and the client is
/// safe where it is. (A client whose buffer never grows to that level must not stay capped for ever.)
private func isRecovered(
    _ session: PlaybackSession, _ ladder: [Int32], _ forecast: PlaybackForecast, at time: Int64, _ settings: QualitySettings
) -> Bool {
    if time - session.signalledAt >= settings.signalMillisecondsMax && forecast.isSafe(atKbps: session.bitrateKbps) { return true }
    let above = min(Int(session.signalledRung) + 1, ladder.count - 1)
    return session.bufferMilliseconds >= settings.releaseBufferMilliseconds && forecast.isSafe(atKbps: Int64(ladder[above]))
}

extension PlaybackSession {
    /// Records that a decision was sent.
    package mutating func record(_ decision: SignalDecision) {
        signalledRung = decision.rung
        signalledAt = decision.at
    }
}
