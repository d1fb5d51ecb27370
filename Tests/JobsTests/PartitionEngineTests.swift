import Events
import Features
import Jobs
import TestSupport
import Testing

/// The engine against the dumbest recomputation, whatever happens to its worker and its store (DESIGN §6).
@Suite struct PartitionEngineTests {
    static let topics = Topic.allCases.filter(\.hasJob)
    /// So small a bound that all outboxes come to it, and one that none does.
    static let smallOutbox = 1
    static let bounds = [smallOutbox, 128]

    @Test(arguments: topics) func anUninterruptedRunIsTheRecomputation(topic: Topic) throws {
        for seed in 0..<6 as Range<UInt64> {
            let log = EngineLog.random(topic, seed: seed, count: 150)
            let world = EngineWorld(log)
            let life = try world.begin()
            while !life.isAtEnd { try life.read(25) }
            let isAgreed = try life.commit(titles: true)
            #expect(isAgreed)
            let differences = try world.outcome.differences(from: log.expectedOutcome)
            #expect(differences.isEmpty, "seed \(seed)")
        }
    }

    @Test(arguments: topics) func batchesCommitsCrashesAndRollbacksDoNotShow(topic: Topic) throws {
        for seed in 100..<125 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let log = EngineLog.random(topic, seed: seed, count: 120)
            let world = EngineWorld(log)
            if seed % 2 == 0 { world.outboxCountMax = Self.smallOutbox }
            try world.live(disturbances: 12, &random)
            let differences = try world.outcome.differences(from: log.expectedOutcome)
            #expect(differences.isEmpty, "seed \(seed)")
        }
    }

    /// Every boundary between two writes of a short life, in turn.
    @Test(arguments: topics, bounds) func aCrashAtAnyWriteDoesNotShow(topic: Topic, outboxCountMax: Int) throws {
        let log = EngineLog.random(topic, seed: 7, count: 60, userCount: 4)
        let expected = log.expectedOutcome
        for writes in 0... {
            let world = EngineWorld(log)
            world.outboxCountMax = outboxCountMax
            world.writesLeft = writes
            let hasCrashed = try liveByTheClock(in: world)
            let differences = try world.outcome.differences(from: expected)
            #expect(differences.isEmpty, "crash at write \(writes)")
            if !hasCrashed { break }
        }
    }

    /// A store that comes back with any prefix of its history.
    @Test(arguments: topics, bounds) func aStoreThatGoesBackToAnyPointIsCaughtUp(topic: Topic, outboxCountMax: Int) throws {
        let log = EngineLog.random(topic, seed: 8, count: 60, userCount: 4)
        let expected = log.expectedOutcome
        let world = EngineWorld(log)
        world.outboxCountMax = outboxCountMax
        _ = try liveByTheClock(in: world)
        let finished = world.store
        for writes in 0...finished.writeCount {
            world.store = finished
            world.store.rollBack(to: writes)
            _ = try liveByTheClock(in: world)
            let differences = try world.outcome.differences(from: expected)
            #expect(differences.isEmpty, "rolled back to write \(writes)")
        }
    }

    /// Commits after every seven records, with titles every third time; begins again after a crash. Answers whether there was one.
    private func liveByTheClock(in world: EngineWorld) throws -> Bool {
        var hasCrashed = false
        var life = try world.begin()
        var commits = 0
        while true {
            do {
                try life.read(7)
                commits += 1
                let isAgreed = try life.commit(titles: commits % 3 == 0 || life.isAtEnd)
                #expect(isAgreed)
                if life.isAtEnd { return hasCrashed }
            } catch is EngineWorld.Crash {
                hasCrashed = true
                world.writesLeft = nil
                life = try world.begin()
            }
        }
    }

    /// Two workers believe that they own the partition; either may write between any two writes of the other.
    @Test(arguments: topics) func aZombieDoesNotShow(topic: Topic) throws {
        var conflictCount = 0
        for seed in 200..<212 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let log = EngineLog.random(topic, seed: seed, count: 100)
            let world = EngineWorld(log)
            var lives = [try world.begin(), try world.begin()]
            var isBusy = false
            func step(_ index: Int, titles: Bool) throws {
                if try lives[index].commit(titles: titles) { return }
                conflictCount += 1
                lives[index] = try world.begin()
            }
            for _ in 0..<60 {
                let index = Int.random(in: 0...1, using: &random)
                try lives[index].read(Int.random(in: 0...12, using: &random))
                let hasTitles = Bool.random(using: &random)
                var writesBefore = Int.random(in: 0..<25, using: &random)
                world.onWrite = {
                    writesBefore -= 1
                    guard writesBefore == 0, !isBusy else { return }
                    isBusy = true
                    try step(1 - index, titles: hasTitles)
                    isBusy = false
                }
                try step(index, titles: Bool.random(using: &random))
                world.onWrite = {}
            }
            _ = try liveByTheClock(in: world)
            let differences = try world.outcome.differences(from: log.expectedOutcome)
            #expect(differences.isEmpty, "seed \(seed)")
        }
        #expect(conflictCount > 0, "the workers met")
    }

    /// On a cluster the titles' server, or a bucket's, may go back alone: the job catches up, or the floor says that it cannot.
    @Test(arguments: [Topic.play, .impression, .attribution, .error]) func aServerThatGoesBackAloneIsCaughtUpOrTold(topic: Topic) throws {
        var toldCount = 0
        var caughtUpCount = 0
        for seed in 300..<340 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let log = EngineLog.random(topic, seed: seed / 4, count: 120)
            let world = EngineWorld(log)
            world.isSpread = true
            if seed % 2 == 0 { world.outboxCountMax = Self.smallOutbox }
            world.writesLeft = Int.random(in: 40...250, using: &random)
            let life = try world.begin()
            while (try? step(life, &random)) == true { world.clock += 20_000 }
            world.writesLeft = nil
            let server = seed % 4 == 0 ? ["u/1/", "m/1"] : ["t/", "m/titles"]
            let lost = Int.random(in: 1...90, using: &random)
            world.store.rollBack(to: max(0, world.store.writeCount - lost)) { key in server.contains { key.hasPrefix($0) } }
            if try world.isBelowFloor {
                toldCount += 1
            } else {
                caughtUpCount += 1
                _ = try liveByTheClock(in: world)
                let differences = try world.outcome.differences(from: log.expectedOutcome)
                #expect(differences.isEmpty, "seed \(seed)")
            }
        }
        #expect(toldCount > 0 && caughtUpCount > 0)
    }

    private func step(_ life: EngineLife, _ random: inout SplitMix64) throws -> Bool {
        try life.read(Int.random(in: 1...10, using: &random))
        return try life.commit(titles: Bool.random(using: &random)) && !life.isAtEnd
    }

    /// What the random logs are worth.
    @Test(arguments: topics) func theRandomLogsHoldAllThatCanHappen(topic: Topic) {
        var effects = 0
        var missing = 0
        for seed in 100..<125 as Range<UInt64> {
            let outcome = EngineLog.random(topic, seed: seed, count: 120).expectedOutcome
            for count in ["received", "applied", "duplicates", "filtered", "dead"] {
                if outcome.markers.allSatisfy({ $0.contains("\(count) 0 ") }) { missing += 1 }
            }
            effects += outcome.titles.count + outcome.forwards.count + outcome.signals.count
        }
        let hasEffects = topic != .search && topic != .feedback
        #expect((effects > 20) == hasEffects)
        #expect(missing < 5)
    }
}
