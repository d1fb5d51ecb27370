import Events
import Features
import Jobs
import Oracle
import TestSupport
import Testing

/// The operators, driven through crashes, rollbacks and redeliveries, against features computed from the raw events alone.
@Suite struct OracleTests {
    static let topics = Topic.allCases.filter(\.hasJob)

    private func expectAgreement(_ worlds: [EngineWorld], seed: UInt64, _ random: inout SplitMix64) throws {
        let oracle = EngineWorld.oracle(of: worlds, &random)
        for world in worlds {
            let differences = try world.differences(from: oracle)
            #expect(differences.isEmpty, "\(world.log.topic) seed \(seed): \(differences.prefix(5).joined(separator: "\n"))")
        }
    }

    /// Scenes of viewers over two partitions, each partition with its own troubles.
    @Test(arguments: topics) func featuresAreThoseOfTheRawEvents(topic: Topic) throws {
        for seed in 0..<8 as Range<UInt64> {
            var random = SplitMix64(seed: seed &* 31 &+ UInt64(topic.rawValue))
            let worlds = (0..<2 as Range<Int32>).map { partition in
                let scenery = OracleScenery(seed: seed, partition: partition, sceneCount: topic == .play || topic == .quality ? 120 : 350)
                return EngineWorld(.scenes(topic, scenery, seed: random.next()), partition: partition, catalog: patchyCatalog)
            }
            for world in worlds { try world.live(disturbances: 8, &random) }
            try expectAgreement(worlds, seed: seed, &random)
        }
    }

    /// Events without rhyme or reason: bursts beyond the recent ids, retries near and far, days of silence.
    @Test(arguments: topics) func featuresOfNoiseAreThoseOfTheRawEvents(topic: Topic) throws {
        for seed in 500..<506 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let world = EngineWorld(.random(topic, seed: seed, count: 200, changesDefinitions: false))
            try world.live(disturbances: 8, &random)
            try expectAgreement([world], seed: seed, &random)
        }
    }

    /// What the impression, play and experiment jobs forward, and forward again after a crash, is all that attribution gets.
    @Test(arguments: 0..<5 as Range<UInt64>) func thumbnailCountsAreThoseOfTheRawEvents(seed: UInt64) throws {
        var random = SplitMix64(seed: seed &+ 900)
        var worlds: [EngineWorld] = []
        for partition in 0..<2 as Range<Int32> {
            var scenery = OracleScenery(seed: seed, partition: partition, sceneCount: 150)
            scenery.testShare = 0.7
            let sources = [Topic.impression, .play, .experiment].map { topic in
                EngineWorld(.scenes(topic, scenery, seed: random.next()), partition: partition, catalog: patchyCatalog)
            }
            for source in sources { try source.live(disturbances: 6, &random) }
            let attribution = EngineWorld(.attribution(of: sources, &random), partition: partition, catalog: patchyCatalog)
            try attribution.live(disturbances: 6, &random)
            worlds += sources + [attribution]
        }
        try expectAgreement(worlds, seed: seed, &random)
    }

    /// So many others after an event it comes again: up to 127 it is a duplicate.
    @Test(arguments: topics) func retriesAtTheEdgeOfTheRecentIDsAreTold(topic: Topic) throws {
        for others in 126...129 {
            var random = SplitMix64(seed: UInt64(others))
            let world = EngineWorld(.retry(topic, after: others, later: 1000, &random))
            try world.live(disturbances: 4, &random)
            #expect(EngineWorld.oracle(of: [world], &random).ledger(of: world.place).duplicates == (others < 128 ? 1 : 0))
            try expectAgreement([world], seed: UInt64(others), &random)
        }
    }

    /// A day later, give or take a step of five minutes, it is new.
    @Test(arguments: [-1, 0, 299_000, 300_000, 600_000] as [Int64]) func retriesAtTheEdgeOfTheDayAreTold(more: Int64) throws {
        for topic in OracleTests.topics {
            var random = SplitMix64(seed: UInt64(topic.rawValue))
            let world = EngineWorld(.retry(topic, after: 3, later: 86_400_000 + more, &random))
            try world.live(disturbances: 4, &random)
            try expectAgreement([world], seed: UInt64(topic.rawValue), &random)
        }
    }

    /// What the scenes are worth: bounds are reached, and all that can happen does.
    @Test func theScenesReachTheBounds() throws {
        var reached: Set<String> = []
        for seed in 0..<8 as Range<UInt64> {
            for topic in OracleTests.topics {
                var random = SplitMix64(seed: seed &* 31 &+ UInt64(topic.rawValue))
                let scenery = OracleScenery(seed: seed, partition: 0, sceneCount: topic == .play || topic == .quality ? 120 : 350)
                let world = EngineWorld(.scenes(topic, scenery, seed: random.next()), catalog: patchyCatalog)
                reached.formUnion(EngineWorld.oracle(of: [world], &random).bounds(world.place))
            }
        }
        let bounds = [
            "retry applied", "retry counted", "filtered", "dead letter", "erased", "late forward", "back after erasure", "50 plays",
            "20 positions",
            "8 open plays", "10 searches", "40 shown", "20 ratings", "10 errors", "4 sessions", "signal", "release", "win", "exposure",
            "16 impressions", "33 regions", "32 followers",
        ]
        #expect(Set(bounds).subtracting(reached).isEmpty)
    }
}

extension Oracle {
    /// Which of the interesting things a partition's log holds.
    fileprivate func bounds(_ place: Place) -> Set<String> {
        var reached: Set<String> = []
        func note(_ name: String, _ isReached: Bool) { if isReached { reached.insert(name) } }
        let ledger = ledger(of: place)
        note("retry counted", ledger.duplicates > 0)
        note("filtered", ledger.filtered > 0)
        note("dead letter", ledger.deadLettered > 0)
        for user in users(of: place) {
            let history = history(of: user, place)
            let life = history.life
            note("erased", history.isErased)
            note("late forward", history.lateCount > 0)
            note("back after erasure", !history.isErased && history.lives.count > 1)
            note("retry applied", Set(history.applied.map(\.id)).count < history.applied.count)
            note("10 searches", place.topic == .search && life.searches.count == 10)
            note("40 shown", place.topic == .impression && life.shown.count == 40)
            note("10 errors", place.topic == .error && life.errors.count == 10)
            if place.topic == .play {
                let plays = OraclePlays(life, settings: settings)
                note("50 plays", plays.recent.count == 50)
                note("20 positions", plays.positions.count == 20)
                note("8 open plays", plays.open.count == 8)
            }
            note("20 ratings", place.topic == .feedback && OracleFeedback(life, settings: settings).ratings.count >= 20)
            if place.topic == .quality { note("4 sessions", life.sessions(settings).sessions.count == 4) }
            for evidence in place.topic == .attribution ? life.evidence(settings) : [] {
                note("exposure", evidence.credit.isExposed)
                note("win", evidence.credit.hasWon)
                note("16 impressions", evidence.impressions.count == 16)
            }
        }
        let signals = place.topic == .quality ? signals(of: place) : []
        note("signal", signals.contains { $0.rung >= 0 })
        note("release", signals.contains { $0.rung < 0 })
        for title in titles(of: place).values {
            note("33 regions", title.plays.count > 32 || title.impressions.count > 32)
            note("32 followers", title.followers.count > 32)
        }
        return reached
    }
}
