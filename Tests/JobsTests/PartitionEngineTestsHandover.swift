import Events
import Features
import Jobs
import TestSupport
import Testing

/// Serving moves from one namespace to another, and back: whatever goes elsewhere is emitted by one of them (DESIGN §6.4).
@Suite struct PartitionEngineTestsHandover {
    /// Two namespaces that are fed from one log; the first serves, to begin with.
    private final class Namespaces {
        let worlds: [EngineWorld]
        var lives: [EngineLife]
        private(set) var serving = 0

        init(_ log: EngineLog) throws {
            worlds = [EngineWorld(log), EngineWorld(log)]
            worlds[1].emits = false
            lives = try worlds.map { try $0.begin() }
        }

        var forwards: Set<String> { worlds[0].forwards.union(worlds[1].forwards) }
        var deadLetters: Set<String> { worlds[0].deadLetters.union(worlds[1].deadLetters) }

        /// Moves serving to the other one; both begin new lives later. False where the other one does not hold enough, or, unless it may be
        /// ahead, more than this one has emitted: its floor must not pass the handover before it notices.
        func move(isAhead: Bool = true) throws -> Bool {
            let (old, new) = (worlds[serving], worlds[1 - serving])
            func lowest(_ world: EngineWorld) throws -> Int64 { try world.markers.map { $0?.position.offset ?? -1 }.min() ?? -1 }
            guard try lowest(new) >= lowest(old) else { return false }
            let handover = try old.markers.emittedOffset(handover: old.handover)
            guard try handover >= new.outboxFloor else { return false }
            let highest = try new.markers.map { $0?.position.offset ?? -1 }.max() ?? -1
            guard isAhead || handover >= highest else { return false }
            new.handover = handover
            (old.emits, new.emits) = (false, true)
            serving = 1 - serving
            return true
        }

        func beginAnew() throws { lives = try worlds.map { try $0.begin() } }

        func read(_ index: Int, _ count: Int) throws {
            try lives[index].read(count)
            let isAgreed = try lives[index].commit(titles: true)
            #expect(isAgreed)
        }
    }

    private func assignments(_ count: Int) -> EngineLog {
        var log = EngineLog(.experiment)
        for number in 0..<count {
            log.append(.abTestAssignment, user: "u\(number)") { event, maker in
                event.text = maker.slice("test")
                event.detail = maker.slice("a")
                event.value = 0.5
            }
            log.append(.abTestAssignment, user: "u\(number)") { event, _ in event.value = 0 }
        }
        return log
    }

    /// It was ahead when it took over, and had emitted nothing of that when it gave back.
    @Test func aNamespaceThatServedForAMomentHandsOverNoMoreThanItGot() throws {
        let log = assignments(10)
        let namespaces = try Namespaces(log)
        try namespaces.read(0, 5)
        try namespaces.read(1, 20)
        let hasMoved = try namespaces.move()
        try namespaces.beginAnew()
        try namespaces.read(0, 15)
        let isBack = try namespaces.move()
        #expect(hasMoved && isBack)
        try namespaces.beginAnew()
        #expect(namespaces.lives[0].next == 5)
        try namespaces.read(0, 20)
        #expect(namespaces.forwards == log.expectedOutcome.forwards && namespaces.forwards.count == 10)
        #expect(namespaces.deadLetters == log.expectedOutcome.deadLetters && namespaces.deadLetters.count == 10)
    }

    /// No record need come for that.
    @Test func whatTheNamespaceHeldIsMarkedAsEmittedOnceItIs() throws {
        let namespaces = try Namespaces(assignments(10))
        try namespaces.read(0, 5)
        try namespaces.read(1, 20)
        let hasMoved = try namespaces.move()
        try namespaces.beginAnew()
        #expect(hasMoved && namespaces.lives[1].next == 5)
        try namespaces.read(1, 10)
        #expect(try namespaces.worlds[1].markers.allSatisfy { $0?.isEmitted == false })
        try namespaces.read(1, 10)
        #expect(try namespaces.worlds[1].markers.allSatisfy { $0?.isEmitted == true && $0?.position.offset == 19 })
        #expect(try namespaces.worlds[1].begin().isAtEnd)
    }

    /// The definition of an emission is that of the namespace which makes it, so there is one alone.
    ///
    /// What erased viewers have yet to forward goes with them: the erasure stands on `attribution_events` by then, and what comes behind it of
    /// records before it changes nothing there (`PartitionEngineTestsLateForwards`).
    @Test(arguments: [Topic.play, .impression, .experiment], [false, true])
    func whatIsEmittedIsWholeHoweverServingMoves(topic: Topic, erases: Bool) throws {
        var moveCount = 0
        for seed in 400..<430 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let log = EngineLog.random(topic, seed: seed, count: 100, changesDefinitions: false, erases: erases)
            let namespaces = try Namespaces(log)
            if seed % 2 == 0 { for world in namespaces.worlds { world.outboxCountMax = PartitionEngineTests.smallOutbox } }
            for _ in 0..<80 { moveCount += try step(namespaces, &random) ? 1 : 0 }
            for index in 0...1 { try namespaces.read(index, log.records.count) }
            var expected = log.expectedOutcome
            expected.forwards = expected.forwards.filter { namespaces.forwards.contains($0) || !log.isOfErased($0) }
            for world in namespaces.worlds {
                var outcome = try world.outcome
                outcome.forwards = namespaces.forwards
                outcome.deadLetters = namespaces.deadLetters
                #expect(outcome.differences(from: expected).isEmpty, "seed \(seed)")
            }
        }
        #expect(moveCount > 15)
    }

    /// Lets one of the namespaces go on, or begin anew, or serving move; true where it did.
    private func step(_ namespaces: Namespaces, _ random: inout SplitMix64) throws -> Bool {
        let index = Int.random(in: 0...1, using: &random)
        let titles = Bool.random(using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: namespaces.lives[index] = try namespaces.worlds[index].begin()
        case 1..<3:
            guard try namespaces.move(isAhead: false) else { return false }
            // Both notice late.
            for life in namespaces.lives where Bool.random(using: &random) {
                try life.read(Int.random(in: 0...9, using: &random))
                _ = try life.commit(titles: titles)
            }
            try namespaces.beginAnew()
            return true
        default:
            try namespaces.lives[index].read(Int.random(in: 0...9, using: &random))
            namespaces.worlds[index].clock += Int64.random(in: 0...15_000, using: &random)
            _ = try namespaces.lives[index].commit(titles: titles)
            // So often do jobs commit that their markers tell what the clock allows.
            _ = try namespaces.lives[index].commit(titles: false)
        }
        return false
    }
}

extension EngineLog {
    /// True for what was forwarded, in words that begin with its record's offset, of a viewer who is erased later.
    fileprivate func isOfErased(_ words: String) -> Bool {
        let offset = Int64(words.prefix { $0.isNumber }) ?? -1
        guard let record = records.first(where: { $0.event.offset == offset }) else { return false }
        let user = text(record.event.user)
        return records.contains { $0.event.offset > offset && $0.event.type == .userErased && text($0.event.user) == user }
    }
}
