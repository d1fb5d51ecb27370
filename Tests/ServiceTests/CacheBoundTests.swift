import EventLog
import Events
import Features
import Foundation
import Logging
import TestSupport
import Testing

@testable import Service

/// A job that may hold far fewer viewers than come forgets them after commits, and counts everything once all the same.
@Suite struct CacheBoundTests {
    private static let userCount = 2000
    private static let cachedUserCountMax = 100

    @Test func whoIsForgottenIsCountedAllTheSame() async throws {
        let logger = Logger(label: "test")
        try await StreamScene.with(log: "embedded", titleCount: 200, logger: logger, progress: { _ in }) { scene in
            let sent = try await scene.fill(events: 40_000, users: Self.userCount, seed: 3)
            try await scene.work(off: sent.events, cachedUserCountMax: Self.cachedUserCountMax)
            #expect(scene.check(sent) == [])
            let play = try #require(scene.parts.board.jobs(of: scene.parts.keys.namespace).first { $0.topic == .play })
            #expect(play.status.cachedUserCount <= Self.cachedUserCountMax, "\(play.status.cachedUserCount)")
            let written = scene.parts.stages.written
            #expect(written.users == written.changed && written.users > Self.userCount)
        }
    }
}
