import Catalog
import Events
import Features
import Jobs
import TestSupport
import Testing

/// Catalogue, weights and code take effect at recorded positions (DESIGN §6.7). The random logs of the other suites hold such records, too.
@Suite struct PartitionEngineTestsDefinitions {
    private static let title = "t1"

    private func play(_ log: inout EngineLog, user: String) {
        log.appendTime += 60_000
        log.append(.playStop, user: user) { event, _ in
            event.watchedMilliseconds = 6_000_000
            event.positionMilliseconds = 6_000_000
            event.durationMilliseconds = 6_000_000
        }
    }

    /// Plays around two changes.
    private func someLog() -> EngineLog {
        var log = EngineLog(.play)
        for number in 0..<18 {
            if number == 6 || number == 12 { log.append(.variant(Int64(number))) }
            play(&log, user: "u\(number % 6)")
        }
        return log
    }

    private func taste(of user: String, in world: EngineWorld) throws -> [UInt8: Int64] {
        let key = try #require(world.store.values.keys.first { $0.hasSuffix("/\(user)") })
        var names = NameTable()
        let bytes = try #require(world.store.values[key])
        let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue<PlayState>(from: bytes, names: &names) }
        return weekTaste(value.state.taste, at: world.log.appendTime)
    }

    @Test func aChangeInTheMiddleOfABatchDividesIt() throws {
        var log = EngineLog(.play)
        play(&log, user: "u0")
        log.append(.variant(5))
        play(&log, user: "u1")
        let world = EngineWorld(log)
        _ = try world.catchUp()
        let index = try #require(smallCatalog.index(of: TitleID(Self.title)))
        let (before, after) = (genres(ofTitle: index), genres(ofTitle: index + 5))
        #expect(before != after)
        #expect(try Set(taste(of: "u0", in: world).keys) == Set(before.map(\.raw)))
        let share = (testSettings.completedPlay + 500) / Int64(after.count)
        #expect(try taste(of: "u1", in: world) == Dictionary(uniqueKeysWithValues: after.map { ($0.raw, share) }))
        for index in 0..<EngineWorld.bucketCount { #expect(try world.marker("m/\(index)")?.definitionVersion == 5) }
    }

    @Test func howTheRecordsAreDividedIntoBatchesDoesNotShow() throws {
        let log = someLog()
        for size in 1...20 {
            let world = EngineWorld(log)
            let life = try world.begin()
            while !life.isAtEnd { try life.read(size) }
            _ = try life.commit(titles: true)
            let differences = try world.outcome.differences(from: log.expectedOutcome)
            #expect(differences.isEmpty, "batches of \(size)")
        }
    }

    /// Commits after three records; crashes at every write, and a store that then goes back to every earlier one: rewinds across both
    /// changes.
    @Test func aRewindAcrossAChangeTakesTheDefinitionOfItsPosition() throws {
        let log = someLog()
        let expected = log.expectedOutcome
        var crashCount = 0
        for reading in [3, 7, 13, 20] {
            for writes in 0..<12 {
                let world = EngineWorld(log)
                let life = try world.begin()
                for _ in 0..<2 {
                    try life.read(3)
                    _ = try life.commit(titles: true)
                }
                try life.read(reading)
                world.writesLeft = writes
                if (try? life.commit(titles: true)) == nil { crashCount += 1 }
                world.writesLeft = nil
                for kept in stride(from: 0, through: world.store.writeCount, by: 3) {
                    let crashed = world.store
                    world.store.rollBack(to: kept)
                    let differences = try world.catchUp().differences(from: expected)
                    #expect(differences.isEmpty, "\(reading) read, \(writes) written, \(kept) kept")
                    world.store = crashed
                }
            }
        }
        #expect(crashCount > 40)
    }

    @Test func theDefinitionInForceIsThatOfTheLowestMarker() {
        func marker(_ offset: Int64, _ version: Int64) -> Marker {
            var marker = Marker()
            marker.position = Position(generation: 1, offset: offset)
            marker.definitionVersion = version
            return marker
        }
        #expect([marker(9, 5), marker(7, 4), marker(8, 5)].definitionVersion(first: 2) == 4)
        #expect([marker(9, 5), nil, marker(8, 5)].definitionVersion(first: 2) == 2)
        #expect([Marker?](repeating: nil, count: 3).definitionVersion(first: 2) == 2)
    }

    @Test func aRepeatedOrOlderChangeIsCountedAndChangesNothing() throws {
        var log = EngineLog(.play)
        log.append(.variant(7))
        play(&log, user: "u0")
        log.append(.variant(3))
        log.append(.variant(7))
        play(&log, user: "u1")
        let world = EngineWorld(log)
        let differences = try world.catchUp().differences(from: log.expectedOutcome)
        #expect(differences.isEmpty)
        #expect(try taste(of: "u0", in: world) == taste(of: "u1", in: world))
        let ledger = try (0..<EngineWorld.bucketCount).reduce(Ledger()) { sum, index in
            sum + (try world.marker("m/\(index)")?.ledger ?? Ledger())
        }
        #expect(ledger.received == 5 && ledger.applied == 5)
        #expect(world.deadLetters.isEmpty)
    }

    /// A namespace that began with a later definition passes over the records of earlier ones.
    @Test func aNamespaceThatBeganLaterIgnoresEarlierChanges() throws {
        let log = someLog()
        let world = EngineWorld(log)
        let life = EngineLife(
            world,
            EngineStart(
                topic: .play, partition: 0, generation: EngineLog.generation, definition: .variant(12),
                markers: Array(repeating: nil, count: EngineWorld.bucketCount), titleMarker: nil))
        try life.read(log.records.count)
        _ = try life.commit(titles: true)
        let first = try taste(of: "u0", in: world)
        let share = testSettings.completedPlay + 1200
        #expect(first.values.reduce(0, +) <= 3 * share && first.values.reduce(0, +) > 3 * share - 12)
    }

    /// Whoever was filtered when the marker passed, or was not, the record is a redelivery now.
    @Test func aRecordBehindTheMarkerIsNeverAppliedWhateverIsFilteredNow() throws {
        var log = EngineLog(.play)
        play(&log, user: "u3")
        log.append(.variant(2))
        play(&log, user: "u3")
        let world = EngineWorld(log)
        let standing = try world.catchUp()
        for definition in [Definition.variant(2), .variant(3)] {
            var start = EngineStart(
                topic: .play, partition: 0, generation: EngineLog.generation, definition: definition,
                markers: try (0..<EngineWorld.bucketCount).map { try world.marker("m/\($0)") },
                titleMarker: try world.marker("m/titles")?.position)
            start.emittedUpTo = -1
            let life = EngineLife(world, start)
            #expect(life.next == 0)
            try life.read(log.records.count)
            let isAgreed = try life.commit(titles: true)
            #expect(isAgreed)
            let differences = try world.outcome.differences(from: standing)
            #expect(differences.isEmpty)
        }
    }
}
