/// A client that plays a video over a network trace: it loads whole segments one after the other, as HLS and DASH clients do.
///
/// All of its arithmetic is in integers: kbps times milliseconds are bits. The driver decides what a millisecond is: call `advance` until
/// it answers `.finished`, and `obey` whenever a signal has arrived.
package struct SimulatedPlayer: Sendable {
    /// Milliseconds since the start.
    package private(set) var now: Int64 = 0
    private let rule: AdaptationRule
    private let settings: PlayerSettings
    private var cursor: TraceCursor
    private var estimate = ThroughputEstimate()
    private var bufferMilliseconds: Int64 = 0
    private var toLoadMilliseconds: Int64
    private var request: Request?
    private var phase = Phase.starting
    private var cap: Int?
    private var lastRung: Int?
    private var isSteppingDown = false
    private var window = SampleWindow()
    private var nextSampleAt: Int64
    private var stalledSince: Int64 = 0
    private var mediaBits: Int64 = 0
    private var stalledMilliseconds: Int64 = 0
    private var startupMilliseconds: Int64 = 0
    private var result = PlaybackResult()
    private var pending: [PlayerEvent] = []

    private enum Phase: Sendable { case starting, playing, stalled, finished }

    /// A segment under way.
    private struct Request: Sendable {
        var rung: Int
        var mediaMilliseconds: Int64
        var latencyMilliseconds: Int64
        var remainingBits: Int64
        var totalBits: Int64
        var startedAt: Int64
    }

    /// What arrived since the sample before.
    private struct SampleWindow: Sendable {
        var bits: Int64 = 0
        var milliseconds: Int64 = 0
        var lastKbps: Int64 = 0
    }

    /// `startMilliseconds` is where in the trace the viewer presses play.
    package init(trace: NetworkTrace, startMilliseconds: Int64 = 0, rule: AdaptationRule, settings: PlayerSettings = PlayerSettings()) {
        precondition(!settings.ladderKbps.isEmpty && settings.segmentMilliseconds > 0 && settings.sampleMilliseconds > 0)
        precondition(settings.bufferMillisecondsMax >= settings.segmentMilliseconds && settings.videoMilliseconds > 0)
        self.rule = rule
        self.settings = settings
        cursor = TraceCursor(trace, startMilliseconds: startMilliseconds)
        toLoadMilliseconds = settings.videoMilliseconds
        nextSampleAt = settings.sampleMilliseconds
    }

    /// The client's next event; once finished, the result again.
    package mutating func advance() -> PlayerEvent {
        while true {
            if let event = advance(until: nil) { return event }
        }
    }

    /// The client's next event up to a time (milliseconds since the start; nil: however long it takes); nil once that time has come.
    package mutating func advance(until limit: Int64?) -> PlayerEvent? {
        while pending.isEmpty {
            if phase == .finished { return .finished(result) }
            if let limit, now >= limit { return nil }
            requestIfRoom()
            if pending.isEmpty { pass(min(stepMilliseconds(), limit.map { $0 - now } ?? Int64.max)) }
        }
        return pending.removeFirst()
    }

    /// Obeys a signal: caps the client's choice at `rung` until a release (-1). The segment under way is given up where it would
    /// empty the buffer and the same segment at the capped rung has fewer bits left to load.
    package mutating func obey(rung: Int32) {
        cap = rung < 0 ? nil : min(Int(rung), settings.ladderKbps.count - 1)
        guard let cap, let request, cap < request.rung else { return }
        let cappedBits = Int64(settings.ladderKbps[cap]) * request.mediaMilliseconds
        let reachableBits = max(measuredKbps, 1) * bufferMilliseconds
        guard request.latencyMilliseconds == 0, cappedBits < request.remainingBits, request.remainingBits > reachableBits else { return }
        estimate.add(bits: request.totalBits - request.remainingBits, milliseconds: now - request.startedAt)
        toLoadMilliseconds += request.mediaMilliseconds
        result.abandonedCount += 1
        self.request = nil
    }
}

// MARK: - Time

extension SimulatedPlayer {
    /// The time to the next thing that can happen; at least a millisecond.
    private func stepMilliseconds() -> Int64 {
        var step = min(cursor.remainingMilliseconds, nextSampleAt - now)
        if phase == .playing { step = min(step, bufferMilliseconds) }
        if let request {
            if request.latencyMilliseconds > 0 {
                step = min(step, request.latencyMilliseconds)
            } else if cursor.stretch.bandwidthKbps > 0 {
                let kbps = cursor.stretch.bandwidthKbps
                step = min(step, (request.remainingBits + kbps - 1) / kbps)
            }
        } else if toLoadMilliseconds > 0 {
            step = min(step, bufferMilliseconds + nextMediaMilliseconds - settings.bufferMillisecondsMax)
        }
        return max(step, 1)
    }

    private mutating func pass(_ step: Int64) {
        let kbps = cursor.stretch.bandwidthKbps
        now += step
        cursor.advance(step)
        if phase == .playing { bufferMilliseconds -= step }
        load(kbps: kbps, milliseconds: step)
        if phase == .playing && bufferMilliseconds == 0 { runDry() }
        if now == nextSampleAt { sample() }
    }

    private mutating func load(kbps: Int64, milliseconds: Int64) {
        guard var current = request else { return }
        if current.latencyMilliseconds > 0 {
            current.latencyMilliseconds -= milliseconds
        } else {
            let bits = min(kbps * milliseconds, current.remainingBits)
            current.remainingBits -= bits
            window.bits += bits
            window.milliseconds += milliseconds
        }
        request = current.remainingBits == 0 ? nil : current
        if request == nil { arrive(current) }
    }

    private mutating func arrive(_ segment: Request) {
        estimate.add(bits: segment.totalBits, milliseconds: now - segment.startedAt)
        bufferMilliseconds += segment.mediaMilliseconds
        mediaBits += segment.totalBits
        if let lastRung, lastRung != segment.rung { result.switchCount += 1 }
        lastRung = segment.rung
        switch phase {
        case .starting: startupMilliseconds = now
        case .stalled:
            stalledMilliseconds += now - stalledSince
            pending.append(.stallEnded(at: now, stalledMilliseconds: now - stalledSince))
        case .playing, .finished: break
        }
        phase = .playing
    }

    private mutating func runDry() {
        if toLoadMilliseconds == 0 && request == nil { return finish() }
        phase = .stalled
        stalledSince = now
        result.stallCount += 1
        pending.append(.stallBegan(at: now))
    }

    private mutating func finish() {
        phase = .finished
        result.startupSeconds = Double(startupMilliseconds) / 1000
        result.stallSeconds = Double(stalledMilliseconds) / 1000
        result.bitrateKbpsMean = Double(mediaBits) / Double(settings.videoMilliseconds)
        pending.append(.finished(result))
    }
}

// MARK: - Choice

extension SimulatedPlayer {
    private var nextMediaMilliseconds: Int64 { min(settings.segmentMilliseconds, toLoadMilliseconds) }

    private mutating func requestIfRoom() {
        guard request == nil, toLoadMilliseconds > 0 else { return }
        let media = nextMediaMilliseconds
        guard bufferMilliseconds + media <= settings.bufferMillisecondsMax else { return }
        let rung = min(ownChoice, cap ?? Int.max)
        let kbps = Int64(settings.ladderKbps[rung])
        request = Request(
            rung: rung, mediaMilliseconds: media, latencyMilliseconds: cursor.stretch.latencyMilliseconds, remainingBits: kbps * media,
            totalBits: kbps * media, startedAt: now)
        toLoadMilliseconds -= media
        isSteppingDown = rung < lastRung ?? rung
        if rung != lastRung ?? rung { pending.append(.switched(at: now, bitrateKbps: kbps)) }
    }

    private var ownChoice: Int {
        rule.rung(
            of: settings.ladderKbps, throughputKbps: estimate.kbps, bufferMilliseconds: bufferMilliseconds, settings: settings)
    }

    /// What the network gave since the last sample that saw it, kbps.
    private var measuredKbps: Int64 { window.milliseconds > 0 ? window.bits / window.milliseconds : window.lastKbps }

    private mutating func sample() {
        window.lastKbps = measuredKbps
        let rung = request?.rung ?? lastRung ?? 0
        let isLoaded = request == nil && toLoadMilliseconds == 0
        pending.append(
            .sample(
                QualitySample(
                    at: now, bufferMilliseconds: bufferMilliseconds, throughputKbps: window.lastKbps,
                    bitrateKbps: isLoaded ? 0 : Int64(settings.ladderKbps[rung]), droppedFrames: 0,
                    isAdapting: isSteppingDown || ownChoice < rung)))
        window.bits = 0
        window.milliseconds = 0
        nextSampleAt += settings.sampleMilliseconds
    }
}
