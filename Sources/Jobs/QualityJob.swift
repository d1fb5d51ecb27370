// hot path
package import Events
package import Features
import Quality

/// The quality job: the playback sessions that a viewer has lately, and signals to their players (DESIGN §10).
extension QualityState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        guard event.type.topic == .quality else { return .wrongTopic }
        guard let session = context.requiredID(event.session, bytes), let title = context.requiredID(event.title, bytes) else {
            return .badValue
        }
        let place = playback(session, title: title, at: event.timestamp)
        switch event.type {
        case .bufferStart: sessions[place].stallBegan(at: event.timestamp)
        case .bufferEnd: sessions[place].stallEnded(at: event.timestamp, stalledMilliseconds: max(event.number, 0))
        case .qualityChange: if event.timestamp >= sessions[place].at { sessions[place].bitrateKbps = max(event.bitrateKbps, 0) }
        default: sample(event, place, bytes, in: &context)
        }
        asOf = max(asOf, event.timestamp)
        return nil
    }

    package mutating func expire(logTime: Int64) {
        sessions.removeAll { logTime - $0.at > Retention.sessionMilliseconds }
    }

    /// Where the session stands; a new one drives out the one that was silent longest.
    private mutating func playback(_ session: Name, title: Name, at: Int64) -> Int {
        if let place = sessions.firstIndex(where: { $0.session == session }) {
            sessions[place].title = title
            return place
        }
        var playback = PlaybackSession(session: session, title: title)
        playback.at = at
        if sessions.count >= QualityState.sessionCountMax {
            var oldest = 0
            for place in sessions.indices where sessions[place].at < sessions[oldest].at { oldest = place }
            sessions.remove(at: oldest)
        }
        sessions.append(playback)
        return sessions.count - 1
    }

    /// A late sample changes nothing and decides nothing.
    private mutating func sample(_ event: Event, _ place: Int, _ bytes: UnsafeRawBufferPointer, in context: inout JobContext) {
        guard sessions[place].sampleCount == 0 || event.timestamp >= sessions[place].at else { return }
        sessions[place].takeLadder(event.list, bytes)
        let droppedFrames = sessions[place].droppedFrames &+ min(max(event.number, 0), 1_000_000)
        let sample = QualitySample(
            at: event.timestamp, bufferMilliseconds: event.bufferMilliseconds, throughputKbps: event.throughputKbps,
            bitrateKbps: event.bitrateKbps, droppedFrames: droppedFrames, isAdapting: event.flag)
        sessions[place].update(sample, settings: context.settings.quality)
        let decision = decide(sessions[place], isAdapting: event.flag, at: event.timestamp, settings: context.settings.quality)
        guard let decision else { return }
        sessions[place].record(decision)
        context.effects.append(
            .signal(
                session: sessions[place].session, rung: decision.rung, bitrateKbps: decision.bitrateKbps,
                emptiesInMilliseconds: decision.emptiesInMilliseconds, reason: decision.reason.code, at: decision.at))
    }
}

extension PlaybackSession {
    /// Takes the ladder that a sample tells: positive rungs, ascending, at most `ladderCountMax`; anything else is no ladder and
    /// leaves the one that is known.
    fileprivate mutating func takeLadder(_ list: Slice, _ bytes: UnsafeRawBufferPointer) {
        var rungs = EncodedList(list, bytes)
        var count = 0
        var previous: Int64 = 0
        var isKnown = true
        while let kbps = rungs.nextNumber() {
            guard kbps > previous && kbps <= Int64(Int32.max) && count < PlaybackSession.ladderCountMax else { return }
            if isKnown { isKnown = count < ladderKbps.count && Int64(ladderKbps[count]) == kbps }
            previous = kbps
            count += 1
        }
        if count == 0 || (isKnown && count == ladderKbps.count) { return }
        var told = EncodedList(list, bytes)
        ladderKbps.removeAll(keepingCapacity: true)
        while let kbps = told.nextNumber() { ladderKbps.append(Int32(kbps)) }
    }
}
