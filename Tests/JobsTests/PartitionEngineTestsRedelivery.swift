import Events
import Features
import Jobs
import Testing

/// What a worker that died between a viewer's value and its marker finds, case by case (DESIGN §6.3, §6.4).
@Suite struct PartitionEngineTestsRedelivery {
    private static let oneValue = 1
    private let hour: Int64 = 3_600_000

    private func play(_ log: inout EngineLog, _ type: EventType = .playStart, user: String = "u1", watched: Int64 = 0) {
        log.append(type, user: user) { event, _ in event.watchedMilliseconds = watched }
    }

    private func expectExactness(_ world: EngineWorld) throws {
        let differences = try world.catchUp().differences(from: world.log.expectedOutcome)
        #expect(differences.isEmpty)
    }

    @Test func aWholeBatchOfOneViewerIsCountedOnce() throws {
        var log = EngineLog(.search)
        for number in 0..<1000 {
            log.append(.searchQuery, user: "u1") { event, maker in event.text = maker.slice("query \(number)") }
            if number % 10 == 3 { log.append(log.records[log.records.count - 3]) }
        }
        let world = EngineWorld(log)
        try world.live(reading: log.records.count, writes: Self.oneValue)
        try expectExactness(world)
    }

    @Test func aViewerOfManyEventsAsksForACommit() throws {
        var log = EngineLog(.search)
        for _ in 0..<300 { log.append(.searchQuery, user: "u1") }
        let life = try EngineWorld(log).begin()
        try life.read(20)
        #expect(!life.engine.mustCommit)
        try life.read(280)
        #expect(life.engine.mustCommit)
        _ = try life.commit(titles: false)
        #expect(!life.engine.mustCommit)
    }

    /// What is kept for redeliveries does not make a retry of what lies beyond the recent ids a duplicate.
    @Test func aRetryBeyondTheRecentIDsIsNewWheneverTheCommitWas() throws {
        var log = EngineLog(.search)
        log.append(.searchQuery, user: "u1", id: 1 << 40)
        for _ in 0..<128 { log.append(.searchQuery, user: "u1") }
        log.append(log.records[0])
        log.append(log.records[2])
        for batch in [130, 131, 1] {
            let world = EngineWorld(log)
            try world.live(reading: batch, writes: Self.oneValue)
            try expectExactness(world)
            let ledger = try (0..<3).compactMap { try world.marker("m/\($0)")?.ledger }.reduce(Ledger(), +)
            #expect([ledger.applied, ledger.duplicates] == [130, 1])
        }
    }

    @Test func eventsMoreThanADayApartInOneCommitAreCountedAndForwardedAgain() throws {
        var log = EngineLog(.play)
        play(&log, .playStop, watched: 200_000)
        log.append(log.records[0])
        log.appendTime += 25 * hour
        play(&log)
        let world = EngineWorld(log)
        try world.live(reading: 3, writes: Self.oneValue)
        try expectExactness(world)
        #expect(world.forwards.count == 1)
        #expect(world.deadLetters.isEmpty)
    }

    @Test func theRecountedEventsMoveTheEventTime() throws {
        var log = EngineLog(.play)
        play(&log)
        let world = EngineWorld(log)
        try world.live(reading: 1, writes: Self.oneValue)
        try expectExactness(world)
        #expect(try world.marker("m/\(EngineWorld.bucketIndex(of: "u1"))")?.asOf == EngineLog.base)
    }

    @Test func aRefusedEventBeforeALaterOneIsADeadLetterOnceCounted() throws {
        var log = EngineLog(.feedback)
        log.append(.titleRated, user: "u1") { event, _ in event.value = 4 }
        log.append(.titleRated, user: "u1") { event, _ in event.value = 9 }
        log.append(log.records[0])
        log.append(.titleHidden, user: "u1")
        for writes in 1...5 {
            let world = EngineWorld(log)
            try world.live(reading: 4, writes: min(writes, 4))
            try expectExactness(world)
            #expect(world.deadLetters.count == 1)
        }
    }

    /// Whether an event is refused does not depend on what came before, so its redelivery needs no memory.
    @Test func aBadEventUnderAKnownIDIsADeadLetter() throws {
        var log = EngineLog(.play)
        log.append(.playStart, user: "u1", id: 1 << 40)
        log.append(.playStart, user: "u1", id: 1 << 40) { event, _ in event.title = .empty }
        log.append(.playStart, user: "u1")
        let world = EngineWorld(log)
        try world.live(reading: 3, writes: Self.oneValue)
        try expectExactness(world)
        #expect(world.deadLetters.count == 1)
    }

    @Test func aRefusedEventExpiresNothing() throws {
        var log = EngineLog(.play)
        play(&log)
        log.appendTime += 13 * hour
        log.append(.playStart, user: "u1") { event, _ in event.title = .empty }
        for batch in [1, 2] {
            let world = EngineWorld(log)
            let life = try world.begin()
            try life.read(batch)
            _ = try life.commit(titles: true)
            try expectExactness(world)
        }
    }

    @Test func aRetryAfterARefusedEventOfALaterDayIsTheSameWithAndWithoutACrash() throws {
        var log = EngineLog(.play)
        play(&log)
        log.appendTime += 25 * hour
        log.append(.playStart, user: "u1") { event, _ in event.title = .empty }
        log.append(log.records[0])
        for batch in [1, 2, 3] {
            let world = EngineWorld(log)
            let life = try world.begin()
            try life.read(batch)
            _ = try life.commit(titles: false)
            try expectExactness(world)
        }
    }

    /// Titles are committed more rarely than viewers: more events may lie between than the recent ids hold.
    @Test func titleCountsBeyondTheRecentIDsAreCaughtUp() throws {
        var log = EngineLog(.play)
        for _ in 0..<400 {
            log.appendTime += 500
            play(&log)
        }
        let world = EngineWorld(log)
        let life = try world.begin()
        for _ in 0..<8 {
            try life.read(50)
            _ = try life.commit(titles: false)
        }
        try expectExactness(world)
    }

    @Test func aTitleNamedTwiceInOneEventCountsTwiceAndOnce() throws {
        var log = EngineLog(.impression)
        log.append(.rowImpression, user: "u1") { event, maker in event.list = maker.list(["t1", "t2", "t1"]) }
        log.append(.rowImpression, user: "u2") { event, maker in event.list = maker.list(["t1", "t1"]) }
        for writes in 0...5 {
            let world = EngineWorld(log)
            try world.live(reading: 2, titles: true, writes: writes)
            try expectExactness(world)
        }
    }

    @Test func aBatchThatEndsInBadRecordsMovesTheMarkers() throws {
        var log = EngineLog(.play)
        play(&log)
        for _ in 0..<3 {
            play(&log)
            log.changeLast { record, _ in record.fault = .undecodable }
        }
        let world = EngineWorld(log)
        _ = try world.catchUp()
        let life = try world.begin()
        #expect(life.isAtEnd)
        #expect(try world.marker("m/titles")?.position == Position(generation: EngineLog.generation, offset: 3))
        try expectExactness(world)
    }

    @Test func aRecordOfNobodyIsADeadLetter() throws {
        var log = EngineLog(.play)
        play(&log, user: "")
        let world = EngineWorld(log)
        try expectExactness(world)
        #expect(world.deadLetters.count == 1)
    }

    @Test func aRecordOfAnAbsurdAppendTimeIsADeadLetterAndMovesNoClock() throws {
        var log = EngineLog(.play)
        play(&log)
        log.appendTime = .max
        log.append(log.records[0])
        log.appendTime = .min
        log.append(log.records[0])
        log.appendTime = EngineLog.base + 1
        play(&log)
        let world = EngineWorld(log)
        try expectExactness(world)
        #expect(world.deadLetters.count == 2)
    }

    /// First a marker tells the new floor, then the values let go of what is below it.
    @Test func entriesOfTheOutboxGoOnceSettledAndAMinuteOld() throws {
        var log = EngineLog(.play)
        for pause in [0, 1000, 60_001, 1] as [Int64] {
            log.appendTime += pause
            play(&log)
        }
        let world = EngineWorld(log)
        let life = try world.begin()
        var counts: [Int] = []
        var floors: [Int64?] = []
        for titles in [false, true, false, false] {
            try life.read(1)
            _ = try life.commit(titles: titles)
            counts.append(try outboxCount(world))
            floors.append(try world.marker("m/0")?.outboxFloor)
        }
        #expect(counts == [1, 2, 3, 2])
        #expect(floors == [-1, -1, 1, 1])
    }

    /// A replica that takes over may lack what its master got in the last seconds, whatever the log time that went by.
    @Test(arguments: [(false, [-1, 0, 1, 2]), (true, [-1, -1, -1, 0])] as [(Bool, [Int64?])])
    func onSeveralServersASettlementCountsAfterTenSeconds(isSpread: Bool, expected: [Int64?]) throws {
        var log = EngineLog(.play)
        for _ in 0..<4 {
            log.appendTime += 60_001
            play(&log)
        }
        let world = EngineWorld(log)
        world.isSpread = isSpread
        let life = try world.begin()
        var floors: [Int64?] = []
        for clock in [1000, 10_999, 11_000, 11_001] as [Int64] {
            world.clock = clock
            try life.read(1)
            _ = try life.commit(titles: true)
            floors.append(try world.marker("m/0")?.outboxFloor)
        }
        #expect(floors == expected)
    }

    /// Log time stands still: no entry grows old, and yet no value grows without bound.
    @Test func aViewersOutboxIsBoundedWhateverTheRate() throws {
        var log = EngineLog(.play)
        for _ in 0..<2000 { play(&log) }
        let world = EngineWorld(log)
        let life = try world.begin()
        var held: [Int] = []
        while !life.isAtEnd {
            try life.read(50)
            _ = try life.commit(titles: false)
            held.append(try outboxCount(world))
        }
        let most = try #require(held.max())
        #expect(most > 128 && most <= 128 + 3 * 50)
        let differences = try world.outcome.differences(from: log.expectedOutcome)
        #expect(differences.isEmpty)
    }

    /// What a viewer who does not come back has in memory goes as well, and what is stored of it with the next write.
    @Test func allOutboxesInMemoryTogetherAreBounded() throws {
        var log = EngineLog(.play)
        for number in 0..<20_000 { play(&log, user: "u\(number / 100)") }
        let world = EngineWorld(log)
        let life = try world.begin()
        var most = 0
        while !life.isAtEnd {
            try life.read(1000)
            most = max(most, life.engine.outboxCount)
            _ = try life.commit(titles: true)
        }
        #expect(most > 16_384 && most <= 16_384 + 2 * 1000)
        #expect(life.engine.outboxCount < 10_000)
        #expect(try outboxCount(world) == 100)
        log.append(.playStart, user: "u1")
        world.log = log
        let differences = try world.catchUp().differences(from: log.expectedOutcome)
        #expect(differences.isEmpty)
    }

    private func outboxCount(_ world: EngineWorld) throws -> Int {
        var names = NameTable()
        let bytes = world.store.values["u/\(EngineWorld.bucketIndex(of: "u1"))/u1"] ?? []
        return try bytes.withUnsafeBytes { bytes throws(StateError) in
            try UserValue<PlayState>(from: bytes, names: &names).outbox.count
        }
    }
}
