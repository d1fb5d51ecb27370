import Events
import Features
import Jobs
import Quality
import Testing

@Suite struct QualityJobTests {
    private let base: Int64 = 1_760_000_000_000

    /// The same samples given to the predictor by hand.
    @Test func signalsAreThePredictorsDecisions() {
        var maker = EventMaker()
        var run = Run<QualityState>()
        var model = PlaybackSession(session: .none, title: .none)
        model.ladderKbps = [300, 700, 1500, 3000]
        var buffer: Int64 = 20_000
        var expected: [[String]] = []
        for second in 0..<60 as Range<Int64> {
            let throughput: Int64 = second < 20 ? 4000 : second < 40 ? 500 : 6000
            buffer = second < 20 ? 20_000 : second < 40 ? max(buffer - 900, 500) : min(buffer + 2000, 30_000)
            let at = base + second * 1000
            run.apply(sample(at: at, throughput: throughput, buffer: buffer, ladder: [300, 700, 1500, 3000], &maker), maker)
            model.update(
                QualitySample(
                    at: at, bufferMilliseconds: buffer, throughputKbps: throughput, bitrateKbps: 3000, droppedFrames: second + 1,
                    isAdapting: false), settings: testSettings.quality)
            var effects: [String] = []
            if let decision = decide(model, isAdapting: false, at: at, settings: testSettings.quality) {
                model.record(decision)
                effects.append("signal s \(decision.rung) \(decision.bitrateKbps) \(decision.reason.code) \(at)")
            }
            expected.append(effects)
        }
        #expect(run.effects == expected)
        #expect(expected.joined().contains { !$0.isEmpty }, "the trace makes the predictor speak")
        #expect(run.state.sessions.map(\.ladderKbps) == [[300, 700, 1500, 3000]])
        #expect(run.state.sessions.map(\.droppedFrames) == [60])
        #expect(run.state.sessions.map(\.slowThroughput) == [model.slowThroughput])
    }

    @Test func aLateSampleChangesNothing() {
        var maker = EventMaker()
        var run = Run<QualityState>()
        run.apply(sample(at: base, throughput: 3000, buffer: 9000, ladder: [], &maker), maker)
        let before = run.state
        run.apply(sample(at: base - 1, throughput: 10, buffer: 0, ladder: [100, 200], &maker), maker)
        #expect(run.state == before)
        #expect(run.effects == [[], []])
    }

    @Test func stallsAreCounted() {
        var maker = EventMaker()
        var run = Run<QualityState>()
        run.apply(maker.event(.bufferStart, at: base, title: "t1", session: "s"), maker)
        var end = maker.event(.bufferEnd, at: base + 2500, title: "t1", session: "s")
        end.number = 2500
        run.apply(end, maker)
        var change = maker.event(.qualityChange, at: base + 3000, title: "t1", session: "s")
        change.bitrateKbps = 700
        run.apply(change, maker)
        #expect(run.state.sessions.map(\.stallCount) == [1])
        #expect(run.state.sessions.map(\.stalledMilliseconds) == [2500])
        #expect(run.state.sessions.map(\.bitrateKbps) == [700])
    }

    @Test func fourSessionsStayAndASilentOneGoes() {
        var maker = EventMaker()
        var run = Run<QualityState>()
        for number in 0..<6 as Range<Int64> {
            run.apply(maker.event(.bufferStart, at: base + number, title: "t1", session: "s\(number)"), maker)
        }
        #expect(run.state.sessions.map { run.text($0.session) } == ["s2", "s3", "s4", "s5"])
        run.state.expire(logTime: base + 4 + 12 * 3_600_000)
        #expect(run.state.sessions.map { run.text($0.session) } == ["s4", "s5"])
    }

    @Test func aLadderThatDoesNotAscendIsNoLadder() {
        var maker = EventMaker()
        var run = Run<QualityState>()
        run.apply(sample(at: base, throughput: 3000, buffer: 9000, ladder: [100, 200], &maker), maker)
        for ladder in [[200, 100], [0, 5], Array(1...13), []] as [[Int64]] {
            run.apply(sample(at: base + 1, throughput: 3000, buffer: 9000, ladder: ladder, &maker), maker)
            #expect(run.state.sessions[0].ladderKbps == [100, 200])
        }
    }

    private func sample(
        at: Int64, throughput: Int64, buffer: Int64, ladder: [Int64], _ maker: inout EventMaker
    ) -> Event {
        var event = maker.event(.qualitySample, at: at, title: "t1", session: "s")
        event.throughputKbps = throughput
        event.bufferMilliseconds = buffer
        event.bitrateKbps = 3000
        event.number = 1
        event.list = maker.list(ladder)
        return event
    }
}
