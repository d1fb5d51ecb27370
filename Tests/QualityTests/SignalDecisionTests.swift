import Features
import Testing

@testable import Quality

@Suite struct SignalDecisionTests {
    private let settings = QualitySettings()

    private func session(buffer: Int64, kbps: Int64, bitrate: Int64) -> PlaybackSession {
        var session = PlaybackSession(session: .none, title: .none)
        session.update(
            QualitySample(
                at: 100_000, bufferMilliseconds: buffer, throughputKbps: kbps, bitrateKbps: bitrate, droppedFrames: 0, isAdapting: false),
            settings: settings)
        return session
    }

    @Test func aDrainingBufferIsSignalledOnce() throws {
        var session = session(buffer: 5000, kbps: 900, bitrate: 2962)
        let decision = try #require(decide(session, isAdapting: false, at: 100_000, settings: settings))
        #expect(decision.bitrateKbps < 900 && decision.emptiesInMilliseconds == 5000 && decision.reason == .bufferDraining)
        #expect(settings.ladderKbps[Int(decision.rung)] == Int32(decision.bitrateKbps))
        session.record(decision)
        #expect(decide(session, isAdapting: false, at: 100_500, settings: settings) == nil)
        #expect(decide(session, isAdapting: false, at: 105_000, settings: settings) == nil)
    }

    @Test func aClientThatIsAdaptingIsLeftAlone() {
        #expect(decide(session(buffer: 5000, kbps: 900, bitrate: 2962), isAdapting: true, at: 100_000, settings: settings) == nil)
    }

    @Test func aHealthyOrIdleClientIsLeftAlone() {
        #expect(decide(session(buffer: 5000, kbps: 4000, bitrate: 2962), isAdapting: false, at: 100_000, settings: settings) == nil)
        #expect(decide(session(buffer: 24_000, kbps: 1900, bitrate: 2056), isAdapting: false, at: 100_000, settings: settings) == nil)
        #expect(decide(session(buffer: 500, kbps: 0, bitrate: 0), isAdapting: false, at: 100_000, settings: settings) == nil)
    }

    @Test func aFallingLinkIsNamedAsTheReason() throws {
        var session = session(buffer: 20_000, kbps: 4000, bitrate: 2962)
        for second in 1...8 {
            session.update(
                QualitySample(
                    at: 100_000 + Int64(second) * 1000, bufferMilliseconds: 20_000 - Int64(second) * 1000, throughputKbps: 200,
                    bitrateKbps: 2962, droppedFrames: 0, isAdapting: false), settings: settings)
        }
        session.bufferMilliseconds = 9000
        let decision = try #require(decide(session, isAdapting: false, at: 108_000, settings: settings))
        #expect(decision.reason == .throughputFalling)
    }

    @Test func aSignalIsReleasedWhenTheBufferIsBack() throws {
        var session = session(buffer: 5000, kbps: 900, bitrate: 2962)
        session.record(try #require(decide(session, isAdapting: false, at: 100_000, settings: settings)))
        session.update(
            QualitySample(
                at: 110_000, bufferMilliseconds: 12_000, throughputKbps: 3000, bitrateKbps: 688, droppedFrames: 0, isAdapting: false),
            settings: settings)
        let release = try #require(decide(session, isAdapting: false, at: 110_000, settings: settings))
        #expect(release.isRelease && release.reason == .recovered)
        session.record(release)
        #expect(session.signalledRung == -1)
    }

    @Test func anOldSignalIsReleasedWhereTheClientIsSafeThoughItsBufferStaysSmall() throws {
        var session = session(buffer: 3000, kbps: 900, bitrate: 2962)
        session.record(try #require(decide(session, isAdapting: false, at: 100_000, settings: settings)))
        session.update(
            QualitySample(
                at: 125_000, bufferMilliseconds: 6000, throughputKbps: 900, bitrateKbps: 477, droppedFrames: 0, isAdapting: false),
            settings: settings)
        #expect(decide(session, isAdapting: false, at: 125_000, settings: settings)?.isRelease == true)
    }

    @Test func theSessionsOwnLadderNamesTheRungs() throws {
        var session = session(buffer: 5000, kbps: 900, bitrate: 3000)
        session.ladderKbps = [400, 800, 3000]
        let decision = try #require(decide(session, isAdapting: false, at: 100_000, settings: settings))
        #expect(decision.bitrateKbps == 400 || decision.bitrateKbps == 800)
        #expect(session.ladder(settings: settings)[Int(decision.rung)] == Int32(decision.bitrateKbps))
    }
}
