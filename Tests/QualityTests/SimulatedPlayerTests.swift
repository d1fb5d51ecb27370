import TestSupport
import Testing

@testable import Quality

@Suite struct SimulatedPlayerTests {
    private var settings: PlayerSettings {
        var settings = PlayerSettings()
        settings.videoMilliseconds = 90_000
        return settings
    }

    @Test(arguments: AdaptationRule.allCases, [UInt64(1), 2, 3])
    func agreesWithAPlayerSteppedByTheMillisecond(rule: AdaptationRule, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let stretches = (0..<40).map { _ in
            NetworkTrace.Stretch(
                milliseconds: Int64.random(in: 200...4000, using: &random), bandwidthKbps: Int64.random(in: 0...4000, using: &random),
                latencyMilliseconds: Int64.random(in: 0...200, using: &random))
        }
        let trace = try NetworkTrace(stretches)
        var player = SimulatedPlayer(trace: trace, rule: rule, settings: settings)
        let result = finish(&player)
        let expected = SteppedPlayer(trace: trace, rule: rule, settings: settings).result
        #expect(result.stallSeconds == expected.stallSeconds && result.startupSeconds == expected.startupSeconds)
        #expect(result.bitrateKbpsMean == expected.bitrateKbpsMean && result.switchCount == expected.switchCount)
        #expect(result.stallCount == expected.stallCount)
    }

    @Test func aSteadyLinkIsUsedToNineTenths() throws {
        let trace = try NetworkTrace([.init(milliseconds: 1000, bandwidthKbps: 3000, latencyMilliseconds: 0)])
        var player = SimulatedPlayer(trace: trace, rule: .throughput)
        let result = finish(&player)
        #expect(result.stallSeconds == 0 && result.switchCount == 1)
        #expect(abs(result.bitrateKbpsMean - 2056) < 20)
    }

    /// 230 kbps for 4 s are 920,000 bits, which 92 kbps carry in 10 s: each segment after the first stalls for 6 s.
    @Test func aStarvedClientStallsByArithmetic() throws {
        let trace = try NetworkTrace([.init(milliseconds: 1000, bandwidthKbps: 92, latencyMilliseconds: 0)])
        var settings = PlayerSettings()
        settings.videoMilliseconds = 40_000
        var player = SimulatedPlayer(trace: trace, rule: .throughput, settings: settings)
        let result = finish(&player)
        #expect(result.startupSeconds == 10 && result.stallSeconds == 54 && result.stallCount == 9)
    }

    @Test func aCapHoldsUntilItIsReleased() throws {
        let trace = try NetworkTrace([.init(milliseconds: 1000, bandwidthKbps: 8000, latencyMilliseconds: 0)])
        var player = SimulatedPlayer(trace: trace, rule: .throughput, settings: settings)
        player.obey(rung: 2)
        var greatest: Int64 = 0
        while player.now < 20_000 {
            if case .sample(let sample) = player.advance() { greatest = max(greatest, sample.bitrateKbps) }
        }
        #expect(greatest == 477)
        player.obey(rung: -1)
        while true {
            let event = player.advance()
            if case .sample(let sample) = event { greatest = max(greatest, sample.bitrateKbps) }
            if case .finished = event { break }
        }
        #expect(greatest == 6000)
    }

    /// BOLA-BASIC's choice never falls as the buffer grows, is the lowest rung on an empty buffer and the highest on a full one.
    @Test func bolaClimbsWithTheBuffer() {
        let ladder = settings.ladderKbps
        let rungs = stride(from: Int64(0), through: 25_000, by: 100).map {
            AdaptationRule.bola.rung(of: ladder, throughputKbps: 0, bufferMilliseconds: $0, settings: settings)
        }
        #expect(rungs == rungs.sorted() && rungs[0] == 0 && rungs[rungs.count - 1] == ladder.count - 1)
    }

    private func finish(_ player: inout SimulatedPlayer) -> PlaybackResult {
        while true {
            if case .finished(let result) = player.advance() { return result }
        }
    }
}

/// The same client, written as one loop over milliseconds without a thought of speed.
private struct SteppedPlayer {
    var result = PlaybackResult()

    init(trace: NetworkTrace, rule: AdaptationRule, settings: PlayerSettings) {
        let clock = trace.stretches.flatMap { [NetworkTrace.Stretch](repeating: $0, count: Int($0.milliseconds)) }
        var estimate = ThroughputEstimate()
        var (now, buffer, left, stalled, media) = (0, Int64(0), settings.videoMilliseconds, 0, Int64(0))
        var (isStarted, isStalled, last) = (false, false, -1)
        var request: (rung: Int, latency: Int64, bits: Int64, total: Int64, length: Int64, start: Int)?
        while true {
            let length = min(settings.segmentMilliseconds, left)
            if request == nil, left > 0, buffer + length <= settings.bufferMillisecondsMax {
                let rung = rule.rung(
                    of: settings.ladderKbps, throughputKbps: estimate.kbps, bufferMilliseconds: buffer, settings: settings)
                let bits = Int64(settings.ladderKbps[rung]) * length
                request = (rung, clock[now % clock.count].latencyMilliseconds, bits, bits, length, now)
                left -= length
            }
            let kbps = clock[now % clock.count].bandwidthKbps
            now += 1
            if isStarted && !isStalled { buffer -= 1 }
            if isStalled { stalled += 1 }
            if var current = request {
                if current.latency > 0 { current.latency -= 1 } else { current.bits -= kbps }
                request = current
                if current.bits <= 0 {
                    estimate.add(bits: current.total, milliseconds: Int64(now - current.start))
                    buffer += current.length
                    media += current.total
                    if last >= 0 && last != current.rung { result.switchCount += 1 }
                    last = current.rung
                    if !isStarted { result.startupSeconds = Double(now) / 1000 }
                    (isStarted, isStalled, request) = (true, false, nil)
                }
            }
            guard isStarted, !isStalled, buffer == 0 else { continue }
            if left == 0 && request == nil { break }
            isStalled = true
            result.stallCount += 1
        }
        result.stallSeconds = Double(stalled) / 1000
        result.bitrateKbpsMean = Double(media) / Double(settings.videoMilliseconds)
    }
}
