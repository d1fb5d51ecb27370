import Events
import Features
import Jobs
import Testing

/// What a viewer did counts for ninety days of log time (DESIGN §6.7), whenever a job comes to look.
@Suite struct PartitionEngineTestsAbsence {
    private let day: Int64 = 86_400_000

    private func value(_ world: EngineWorld) throws -> UserValue<PlayState> {
        var names = NameTable()
        let bytes = try #require(world.store.values["u/\(EngineWorld.bucketIndex(of: "u1"))/u1"])
        return try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue(from: bytes, names: &names) }
    }

    private func play(_ title: String, _ log: inout EngineLog) {
        log.append(.playStart, user: "u1") { event, maker in event.title = maker.slice(title) }
    }

    /// Position and outbox go on, and so do the counts of titles.
    @Test(arguments: [(0, 2), (1, 1)] as [(Int64, Int)]) func afterNinetyDaysTheViewerIsNew(more: Int64, playedCount: Int) throws {
        var log = EngineLog(.play)
        play("t1", &log)
        log.appendTime += 90 * day + more
        play("t2", &log)
        for writes in 0...5 {
            let world = EngineWorld(log)
            try world.live(reading: 2, titles: true, writes: writes)
            let outcome = try world.catchUp()
            let value = try value(world)
            #expect(value.state.played.count == playedCount)
            #expect(value.applied.offset == 1 && value.logTime == log.appendTime)
            #expect(Set(value.outbox.map(\.offset)) == [0, 1])
            #expect(outcome.titles.keys.sorted() == ["t1", "t2"])
            #expect(outcome.differences(from: log.expectedOutcome).isEmpty, "after \(writes) writes")
        }
    }

    /// Redis may have let the value go, or not.
    @Test func aValueThatIsGoneIsTheSameAsOneWhoseTimeIsOver() throws {
        for away in [8 * day, 91 * day] {
            var log = EngineLog(.play)
            play("t1", &log)
            if away == 8 * day { log.append(.userErased, user: "u1") }
            let (kept, gone) = (EngineWorld(log), EngineWorld(log))
            for world in [kept, gone] { _ = try world.catchUp() }
            log.appendTime += away
            // A device that was off for as long delivers what is too old to be kept.
            log.append(.playStart, user: "u1") { event, maker in
                event.title = maker.slice("t2")
                event.timestamp -= 20 * 3_600_000
            }
            var states: [PlayState] = []
            for world in [kept, gone] {
                let next = EngineWorld(log)
                for (key, value) in world.store.values where world === kept || !key.hasPrefix("u/") { next.store.set(key, value) }
                _ = try next.catchUp()
                states.append(try value(next).state)
            }
            #expect(states[0].openPlays.count == 1 && states[0].openPlays.map(\.startedAt) == states[1].openPlays.map(\.startedAt))
            #expect(states.map(\.played.count) == [1, 1] && states[0].asOf == states[1].asOf)
        }
    }

    @Test func aRefusedEventLeavesNothingBehind() throws {
        var log = EngineLog(.play)
        play("t1", &log)
        log.appendTime += 91 * day
        play("", &log)
        for batch in [1, 2] {
            let world = EngineWorld(log)
            let life = try world.begin()
            try life.read(batch)
            _ = try life.commit(titles: true)
            let outcome = try world.catchUp()
            let value = try value(world)
            #expect(value.applied.offset == 0 && value.state.played.count == 1)
            #expect(outcome.differences(from: log.expectedOutcome).isEmpty)
        }
    }
}
