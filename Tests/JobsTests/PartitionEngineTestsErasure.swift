import Events
import Features
import Jobs
import Testing

/// Erasure is an event (DESIGN §6.9).
@Suite struct PartitionEngineTestsErasure {
    private func value(_ world: EngineWorld) throws -> UserValue<PlayState> {
        var names = NameTable()
        let bytes = try #require(world.store.values["u/\(EngineWorld.bucketIndex(of: "u1"))/u1"])
        return try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue(from: bytes, names: &names) }
    }

    /// Three plays and an erasure.
    private func erased() -> EngineLog {
        var log = EngineLog(.play)
        for _ in 0..<3 {
            log.appendTime += 1000
            log.append(.playStart, user: "u1")
        }
        log.append(.userErased, user: "u1")
        return log
    }

    @Test func nothingOfTheViewerIsLeftAndTheCountsStay() throws {
        let world = EngineWorld(erased())
        let outcome = try world.catchUp()
        let value = try value(world)
        #expect(value.isErased)
        #expect(value.state == PlayState())
        #expect(value.applied.offset == 3)
        #expect(outcome.differences(from: world.log.expectedOutcome).isEmpty)
        #expect(outcome.titles.keys.sorted() == ["t1"])
    }

    @Test func aRetryDoesNotBringTheViewerBack() throws {
        var log = erased()
        for index in 0..<3 { log.append(log.records[index]) }
        log.append(.playStart, user: "u1") { event, _ in event.title = .empty }
        for crash in [false, true] {
            let world = EngineWorld(log)
            if crash { try world.live(reading: 5, writes: 1) }
            let outcome = try world.catchUp()
            let value = try value(world)
            #expect(value.isErased)
            #expect(value.state == PlayState())
            #expect(outcome.differences(from: log.expectedOutcome).isEmpty)
        }
    }

    /// A dead letter, also where the viewer's value has come past it before it was counted.
    @Test func anErasureWhosePastCannotBeReadIsADeadLetterEachTimeItComes() throws {
        var log = EngineLog(.play)
        log.append(.userErased, user: "u1") { event, maker in event.detail = maker.slice("garbage") }
        log.append(.playStart, user: "u1")
        for crash in [false, true] {
            let world = EngineWorld(log)
            if crash { try world.live(reading: 2, writes: 1) }
            _ = try world.catchUp()
            let ledger = try world.markers.compactMap { $0?.ledger }.reduce(Ledger(), +)
            #expect(ledger.deadLettered == 1 && ledger.applied == 1 && ledger.duplicates == 0)
            #expect(world.deadLetters.count == 1)
        }
    }

    @Test func aNewEventBringsTheViewerBackWithNothingButItself() throws {
        var log = erased()
        log.appendTime += 1000
        log.append(.playStart, user: "u1") { event, maker in event.title = maker.slice("t2") }
        let world = EngineWorld(log)
        _ = try world.catchUp()
        let value = try value(world)
        #expect(!value.isErased)
        #expect(value.state.recentPlays.map(\.at) == [log.appendTime])
        #expect(value.state.played.count == 1)
    }

    /// Version 2 takes `u3` for a bot, who had features before. Its own record is counted in the same bucket.
    @Test func anErasureIsNeverFiltered() throws {
        var log = EngineLog(.play)
        log.append(.playStart, user: "u3")
        log.append(.variant(2))
        log.append(.playStart, user: "u3")
        log.append(.userErased, user: "u3")
        let world = EngineWorld(log)
        let outcome = try world.catchUp()
        #expect(outcome.differences(from: log.expectedOutcome).isEmpty)
        #expect(outcome.users["u3"] == EngineOutcome.bytes(PlayState(), isErased: true, names: NameTable()))
        #expect(outcome.markers[EngineWorld.bucketIndex(of: "u3")].contains("applied 3 duplicates 0 filtered 1 "))
    }

    /// Whatever writes a crash leaves undone, and whatever of them a store forgets.
    @Test func theOutboxIsEmptyOnceTheMarkersHavePassed() throws {
        for writes in 0..<7 {
            for forgotten in 0...4 {
                let world = EngineWorld(erased())
                try world.live(reading: 4, titles: true, writes: writes)
                world.store.rollBack(to: max(0, world.store.writeCount - forgotten))
                let outcome = try world.catchUp()
                #expect(try value(world).outbox.isEmpty, "after \(writes) writes less \(forgotten)")
                #expect(outcome.differences(from: world.log.expectedOutcome).isEmpty, "after \(writes) writes less \(forgotten)")
            }
        }
    }

    /// What the viewer had counted before still reaches the titles.
    @Test func theOutboxOutlivesTheErasure() throws {
        let log = erased()
        for writes in 0...5 {
            let world = EngineWorld(log)
            let life = try world.begin()
            try life.read(3)
            _ = try life.commit(titles: false)
            try world.live(reading: 4, titles: true, writes: writes)
            let differences = try world.catchUp().differences(from: log.expectedOutcome)
            #expect(differences.isEmpty, "after \(writes) writes")
        }
    }
}
