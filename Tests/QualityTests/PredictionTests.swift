import Features
import TestSupport
import Testing

@testable import Quality

@Suite struct PredictionTests {
    private let settings = QualitySettings()

    private func sample(
        _ at: Int64, buffer: Int64 = 20_000, throughput: Int64 = 3000, bitrate: Int64 = 2056, isAdapting: Bool = false
    ) -> QualitySample {
        QualitySample(
            at: at, bufferMilliseconds: buffer, throughputKbps: throughput, bitrateKbps: bitrate, droppedFrames: 0, isAdapting: isAdapting)
    }

    private func session(_ samples: [QualitySample]) -> PlaybackSession {
        var session = PlaybackSession(session: .none, title: .none)
        for sample in samples { session.update(sample, settings: settings) }
        return session
    }

    @Test func squareRootsAreTheIntegerParts() {
        var random = SplitMix64(seed: 1)
        for square in (0...1000).map({ Int64($0) })
            + (0..<1000).map({ _ in Int64(random.next() >> UInt64.random(in: 1...62, using: &random)) })
        {
            let root = squareRoot(square)
            let (above, overflows) = (root + 1).multipliedReportingOverflow(by: root + 1)
            #expect(root * root <= square && (overflows || above > square))
        }
    }

    @Test func estimatesFollowTheExponentialFormula() {
        var random = SplitMix64(seed: 2)
        var session = PlaybackSession(session: .none, title: .none)
        var at: Int64 = 0
        var slow = 0.0
        var variance = 0.0
        for index in 0..<2000 {
            let gap = Int64.random(in: 200...5000, using: &random)
            let kbps = Int64.random(in: 0...8000, using: &random)
            at += gap
            session.update(sample(at, throughput: kbps), settings: settings)
            let weight = index == 0 ? 1 : Double(gap) / Double(gap + settings.slowMilliseconds)
            let difference = Double(kbps) - slow
            variance = index == 0 ? 0 : (1 - weight) * (variance + weight * difference * difference)
            slow += weight * difference
        }
        #expect(abs(Double(session.slowThroughput) / 256 - slow) < 0.02 * slow)
        #expect(abs(Double(session.variance) - variance) < 0.05 * variance)
    }

    @Test func aLateSampleChangesNothing() {
        let known = session([sample(1000), sample(2000, throughput: 2000)])
        var later = known
        later.update(sample(1500, buffer: 0, throughput: 1), settings: settings)
        #expect(later == known)
    }

    @Test func absurdSamplesNeitherTrapNorOverflow() {
        var session = PlaybackSession(session: .none, title: .none)
        for index in 0..<200 {
            let huge = index % 2 == 0 ? Int64.max : Int64.min
            let at = Int64(index) * 40_000_000_000_000_000
            session.update(sample(at, buffer: huge, throughput: huge, bitrate: huge), settings: settings)
            if let decision = decide(session, isAdapting: false, at: at, settings: settings) { session.record(decision) }
        }
        session.stallEnded(at: 0, stalledMilliseconds: Int64.max)
        #expect(session.sampleCount == 200 && session.variance >= 0)
    }

    @Test func stallsAreCounted() {
        var session = session([sample(1000)])
        session.stallBegan(at: 2000)
        #expect(session.stallCount == 1 && session.bufferMilliseconds == 0)
        session.stallEnded(at: 5000, stalledMilliseconds: 3000)
        #expect(session.stalledMilliseconds == 3000)
    }

    /// A fluid buffer stepped by the millisecond is the dumbest code that could be right.
    @Test func theBufferEmptiesWhenASteppedOneDoes() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            let throughput = Int64.random(in: 300...2000, using: &random)
            let bitrate = throughput + Int64.random(in: 200...2000, using: &random)
            let buffer = Int64.random(in: 0...30_000, using: &random)
            let steady = session([sample(1000, buffer: buffer, throughput: throughput, bitrate: bitrate)])
            let forecast = PlaybackForecast(steady, settings: settings)
            guard bitrate * settings.segmentMilliseconds / throughput <= buffer else {
                #expect(forecast.emptiesInMilliseconds(atKbps: bitrate) == buffer)
                continue
            }
            var level = Double(buffer)
            var elapsed: Int64 = 0
            while level > 0 {
                level -= 1 - Double(throughput) / Double(bitrate)
                elapsed += 1
            }
            #expect(abs(forecast.emptiesInMilliseconds(atKbps: bitrate) - elapsed) <= 2)
        }
    }

    @Test func theRungIsTheHighestSafeOne() {
        let draining = session([sample(1000, buffer: 6000, throughput: 1000, bitrate: 6000)])
        let forecast = PlaybackForecast(draining, settings: settings)
        let ladder = settings.ladderKbps
        let rung = forecast.highestSafeRung(of: ladder)
        #expect(forecast.isSafe(atKbps: Int64(ladder[rung])) && !forecast.isSafe(atKbps: Int64(ladder[rung + 1])))
    }
}
