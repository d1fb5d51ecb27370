import Events

/// A playback session as the quality job must know it.
package struct OracleSession: Hashable, Sendable {
    package var session: String
    package var title: String
    package var at: Int64
    package var samples: Int64 = 0
    package var stalls: Int64 = 0
    package var stalled: Int64 = 0
    package var dropped: Int64 = 0
    package var buffer: Int64 = 0
    package var bitrate: Int64 = 0
    /// In 1/256 kbps.
    package var fast: Int64 = 0
    package var slow: Int64 = 0
    package var variance: Int64 = 0
    package var ladder: [Int64] = []
    package var signalledRung: Int64 = -1
    package var signalledAt: Int64 = 0
}

/// A signal to a player.
package struct OracleQualitySignal: Hashable, Sendable {
    package var session: String
    package var offset: Int64
    package var rung: Int64
    package var bitrate: Int64
    package var empties: Int64
    /// As DESIGN §10 has it: `buffer_draining`, `throughput_falling` or `recovered`.
    package var reason: String
    package var at: Int64

    package init(session: String, offset: Int64, rung: Int64, bitrate: Int64, empties: Int64, reason: String, at: Int64) {
        self.session = session
        self.offset = offset
        self.rung = rung
        self.bitrate = bitrate
        self.empties = empties
        self.reason = reason
        self.at = at
    }
}

extension OracleLife {
    /// The sessions at the end, and all signals on the way.
    package func sessions(_ settings: OracleSettings) -> (sessions: [OracleSession], signals: [OracleQualitySignal]) {
        var sessions: [OracleSession] = []
        var signals: [OracleQualitySignal] = []
        for (index, event) in events {
            if !sessions.contains(where: { $0.session == event.session }) {
                let silent = ascending(sessions) { $0.at }
                if sessions.count == 4 { sessions.removeAll { $0.session == silent[0].session } }
                sessions.append(OracleSession(session: event.session, title: event.title, at: event.timestamp))
            }
            for place in sessions.indices where sessions[place].session == event.session {
                if let signal = sessions[place].take(event, settings) { signals.append(signal) }
            }
            sessions.removeAll { hasExpired($0.at, retention: 12 * hour, in: index..<index + 1) }
        }
        return (sessions, signals)
    }
}

extension Oracle {
    /// Signals that a partition's job must have sent.
    package func signals(of place: Place) -> [OracleQualitySignal] {
        users(of: place).flatMap { history(of: $0, place).lives.flatMap { $0.sessions(settings).signals } }
    }
}

extension OracleSession {
    fileprivate mutating func take(_ event: OracleEvent, _ settings: OracleSettings) -> OracleQualitySignal? {
        title = event.title
        let isLate = event.timestamp < at
        switch event.type {
        case .bufferStart:
            stalls += 1
            if !isLate { buffer = 0 }
        case .bufferEnd: stalled += clamp(event.number, hour)
        case .qualityChange: if !isLate { bitrate = max(event.bitrate, 0) }
        default:
            if isLate && samples > 0 { return nil }
            sample(event)
            return decide(event, ladder.isEmpty ? settings.ladder : ladder)
        }
        return nil
    }

    private func clamp(_ value: Int64?, _ most: Int64) -> Int64 { min(max(value ?? 0, 0), most) }

    private mutating func sample(_ event: OracleEvent) {
        let told = event.ladder
        let isLadder = zip([0] + told, told).allSatisfy { $0 < $1 && $1 <= 2_147_483_647 } && (1...12).contains(told.count)
        if isLadder { ladder = told }
        let throughput = clamp(event.throughput, 10_000_000)
        if samples == 0 {
            fast = throughput * 256
            slow = throughput * 256
        } else {
            learn(throughput, gap: min(event.timestamp - at, hour))
        }
        at = event.timestamp
        samples += 1
        buffer = clamp(event.buffer, hour)
        bitrate = clamp(event.bitrate, 10_000_000)
        dropped += clamp(event.number, 1_000_000)
    }

    /// A sample after a gap d weighs d / (d + time constant), in 1/256: three seconds for the fast estimate, twelve for the slow one.
    private mutating func learn(_ throughput: Int64, gap: Int64) {
        let fastWeight = gap * 256 / (gap + 3000)
        let slowWeight = gap * 256 / (gap + 12_000)
        let off = throughput - slow / 256
        variance = (256 - slowWeight) * (variance + slowWeight * (off * off / 256)) / 256
        fast += (throughput * 256 - fast) * fastWeight / 256
        slow += (throughput * 256 - slow) * slowWeight / 256
    }

    /// The lower estimate less an eighth of the standard deviation, at least half the estimate.
    private var forecast: Int64 {
        var deviation = Int64(Double(variance).squareRoot())
        while deviation * deviation > variance { deviation -= 1 }
        while (deviation + 1) * (deviation + 1) <= variance { deviation += 1 }
        let estimate = min(fast, slow) / 256
        return max(estimate - 32 * deviation / 256, estimate / 2)
    }

    /// Time to load a segment of four seconds.
    private func load(_ kbps: Int64) -> Int64 { forecast > 0 ? kbps * 4000 / forecast : hour }

    private func empties(_ kbps: Int64) -> Int64 {
        if kbps <= 0 { return hour }
        if load(kbps) > buffer { return buffer }
        return forecast < kbps ? min(buffer * kbps / (kbps - forecast), hour) : hour
    }

    private func isSafe(_ kbps: Int64) -> Bool { load(kbps) + 1000 <= buffer && empties(kbps) >= 12_000 }

    private mutating func decide(_ event: OracleEvent, _ ladder: [Int64]) -> OracleQualitySignal? {
        let now = event.timestamp
        if signalledAt > 0 && now - signalledAt < 2000 { return nil }
        var signal = OracleQualitySignal(
            session: session, offset: event.offset, rung: -1, bitrate: 0, empties: empties(bitrate), reason: "recovered", at: now)
        if signalledRung < 0 || !isRecovered(ladder, now) {
            let rung = ladder.lastIndex(where: isSafe) ?? 0
            let isLower = ladder[rung] < bitrate && (signalledRung < 0 || Int64(rung) < signalledRung)
            if event.flag || signal.empties >= 12_000 || !isLower { return nil }
            signal.rung = Int64(rung)
            signal.bitrate = ladder[rung]
            signal.reason = fast < slow - slow / 4 ? "throughput_falling" : "buffer_draining"
        }
        signalledRung = signal.rung
        signalledAt = now
        return signal
    }

    private func isRecovered(_ ladder: [Int64], _ now: Int64) -> Bool {
        let above = min(Int(signalledRung) + 1, ladder.count - 1)
        return (now - signalledAt >= 20_000 && isSafe(bitrate)) || (buffer >= 8000 && isSafe(ladder[above]))
    }
}
