import Events
import Features
import Jobs
import Testing

/// The jobs that forward may lag: what they forward of records before an erasure comes behind it (DESIGN §6.9).
@Suite struct PartitionEngineTestsLateForwards {
    private func value(_ world: EngineWorld) throws -> UserValue<AttributionState> {
        var names = NameTable()
        let bytes = try #require(world.store.values["u/\(EngineWorld.bucketIndex(of: "u1"))/u1"])
        return try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue(from: bytes, names: &names) }
    }

    /// Viewers that the title's value has counted as exposed.
    private func exposed(_ world: EngineWorld) throws -> Int64 {
        var names = NameTable()
        let bytes = try #require(world.store.values["t/t1"])
        let title = try bytes.withUnsafeBytes { bytes throws(StateError) in try TitleValue(from: bytes, names: &names) }
        return title.state.arms.reduce(0) { $0 + $1.exposed }
    }

    /// What came of the record at the offset of its topic.
    private func forward(_ type: EventType, of source: Int64, test: String = "test", to log: inout EngineLog) {
        log.appendTime += 1000
        log.append(type, user: "u1") { event, maker in
            event.text = maker.slice(test)
            if type != .attributionPlay { event.detail = maker.slice("a") }
            event.number = source
        }
    }

    /// An impression that is counted, and an erasure.
    private func erased(upTo offsets: [Int64] = [10, 20, 30]) -> EngineLog {
        var log = EngineLog(.attribution)
        forward(.attributionImpression, of: 4, to: &log)
        log.appendErasure(of: "u1", upTo: offsets)
        return log
    }

    /// The same with all kinds of forwards that come too late.
    private func overtaken() -> EngineLog {
        var log = erased()
        forward(.attributionImpression, of: 0, to: &log)
        forward(.attributionImpression, of: 10, to: &log)
        forward(.attributionPlay, of: 20, to: &log)
        forward(.attributionAssignment, of: 30, to: &log)
        return log
    }

    private func expectErased(_ world: EngineWorld, _ outcome: EngineOutcome, _ comment: Comment) throws {
        let value = try value(world)
        #expect(value.isErased && value.state.tests.isEmpty && value.state.asOf == 0, comment)
        #expect(value.applied.offset == Int64(world.log.records.count) - 1, comment)
        #expect(try exposed(world) == 1, comment)
        #expect(outcome.differences(from: world.log.expectedOutcome).isEmpty, comment)
    }

    @Test func aForwardFromBeforeTheErasureChangesNothing() throws {
        let world = EngineWorld(overtaken())
        let outcome = try world.catchUp()
        try expectErased(world, outcome, "in one life")
        #expect(try value(world).state.erasedUpTo == SourceOffsets(impression: 10, play: 20, experiment: 30))
        #expect(outcome.markers.contains { $0.hasPrefix("received 6 applied 6 ") })
    }

    /// Whatever writes a crash leaves undone, and whatever of them a store forgets; the erasure is stored before, or dies with the rest.
    @Test func aCrashDoesNotMakeItCount() throws {
        for stored in [0, 2, 4] {
            for writes in 0..<5 {
                for forgotten in 0...3 {
                    let world = EngineWorld(overtaken())
                    if stored > 0 {
                        let life = try world.begin()
                        try life.read(stored)
                        let isAgreed = try life.commit(titles: true)
                        #expect(isAgreed)
                    }
                    try world.live(reading: 6 - stored, titles: true, writes: writes)
                    world.store.rollBack(to: max(0, world.store.writeCount - forgotten))
                    let outcome = try world.catchUp()
                    try expectErased(world, outcome, "\(stored) stored, after \(writes) writes less \(forgotten)")
                }
            }
        }
    }

    @Test func aForwardFromAfterTheErasureCountsTheViewerAnew() throws {
        let sources: [(EventType, Int64)] = [(.attributionImpression, 11), (.attributionPlay, 21), (.attributionAssignment, 31)]
        for (type, source) in sources {
            var log = overtaken()
            forward(type, of: source, to: &log)
            let at = log.appendTime
            // Others may still come too late.
            forward(.attributionImpression, of: 9, to: &log)
            let world = EngineWorld(log)
            let outcome = try world.catchUp()
            let value = try value(world)
            #expect(!value.isErased && value.state.asOf == at && value.state.tests.count == 1, "\(type)")
            #expect(value.state.tests.map(\.impressions.count) == [type == .attributionImpression ? 1 : 0], "\(type)")
            #expect(try exposed(world) == (type == .attributionImpression ? 2 : 1), "\(type)")
            #expect(outcome.differences(from: log.expectedOutcome).isEmpty, "\(type)")
        }
    }

    /// So it is with what older programs have written.
    @Test func whereAnOffsetIsNotToldTheForwardIsNew() throws {
        for (source, isToldByErasure) in [(-1, true), (Event.absent, true), (5, false)] as [(Int64, Bool)] {
            var log = erased(upTo: isToldByErasure ? [10, 20, 30] : [])
            forward(.attributionImpression, of: source, to: &log)
            let world = EngineWorld(log)
            let outcome = try world.catchUp()
            let value = try value(world)
            #expect(!value.isErased && (value.state.erasedUpTo != nil) == isToldByErasure)
            #expect(try exposed(world) == 2)
            #expect(outcome.differences(from: log.expectedOutcome).isEmpty)
        }
    }

    /// Of two erasures under way at a time the older may come last. An archive leaves that one alone, which tells what both did.
    @Test func whatEitherOfTwoErasuresTellsHolds() throws {
        var log = erased()
        log.appendErasure(of: "u1", upTo: [7, 25, 12])
        forward(.attributionImpression, of: 10, to: &log)
        forward(.attributionPlay, of: 25, to: &log)
        forward(.attributionAssignment, of: 30, to: &log)
        let compacted = CompactedLog(log)
        #expect(compacted.residues == [0, 1] && compacted.completedCount == 1)
        for read in [log, compacted.log] {
            let world = EngineWorld(read)
            let outcome = try world.catchUp()
            let value = try value(world)
            #expect(value.isErased && value.state.tests.isEmpty)
            #expect(value.state.erasedUpTo == SourceOffsets(impression: 10, play: 25, experiment: 30))
            #expect(try exposed(world) == 1)
            #expect(outcome.differences(from: compacted.expected(of: log)).isEmpty)
        }
        forward(.attributionPlay, of: 26, to: &log)
        let world = EngineWorld(log)
        _ = try world.catchUp()
        #expect(try !value(world).isErased)
    }

    @Test func aForwardThatCannotBeUsedIsADeadLetterAllTheSame() throws {
        var log = erased()
        forward(.attributionImpression, of: 5, test: "", to: &log)
        let world = EngineWorld(log)
        let outcome = try world.catchUp()
        #expect(try value(world).isErased && outcome.deadLetters.count == 1)
        #expect(outcome.differences(from: log.expectedOutcome).isEmpty)
    }
}
