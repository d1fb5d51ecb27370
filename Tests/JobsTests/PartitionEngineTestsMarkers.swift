import Events
import Features
import Jobs
import TestSupport
import Testing

/// Markers, positions, owners (DESIGN §6.5, §6.6).
@Suite struct PartitionEngineTestsMarkers {
    private func marker(_ random: inout SplitMix64) -> Marker {
        func number() -> Int64 { Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random) }
        var marker = Marker()
        marker.position = Position(generation: random.next(), offset: number())
        marker.ledger.received = number()
        marker.ledger.applied = number()
        marker.ledger.duplicates = number()
        marker.ledger.filtered = number()
        marker.ledger.deadLettered = number()
        marker.outboxFloor = number()
        marker.logTime = number()
        marker.asOf = number()
        marker.definitionVersion = number()
        marker.isEmitted = number() % 2 == 0
        if number() % 2 == 0 { marker.home = home(&random) }
        return marker
    }

    private func home(_ random: inout SplitMix64) -> SlotHome {
        func number() -> UInt32 { UInt32(truncatingIfNeeded: random.next()) }
        let nodes = (0..<number() % 4).map { _ in number() }
        return SlotHome(nodes: nodes, lives: (0..<number() % 4).map { _ in SlotHome.Life(node: number(), life: number()) })
    }

    private func decode(_ bytes: some Collection<UInt8>) throws -> Marker {
        let bytes = Array(bytes)
        return try bytes.withUnsafeBytes { bytes throws(StateError) in try Marker(bytes: bytes) }
    }

    @Test func aMarkerComesBackAsItWas() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<50 {
            let marker = marker(&random)
            let bytes = marker.encoded()
            #expect(try decode(bytes) == marker)
            for count in bytes.indices { #expect(throws: StateError.self) { try decode(bytes.prefix(count)) } }
        }
    }

    /// Version 1 ends after the versions of catalogue and weights, version 2 with whether all is emitted.
    @Test func markersOfOlderProgramsAreOfTheFirstDefinition() throws {
        for version in 1...2 as ClosedRange<UInt8> {
            var writer = StateWriter()
            writer.fixed64(7)
            writer.fixed64(41)
            writer.byte(version)
            for number in 1...10 as ClosedRange<Int64> { writer.zigzag(number * 1000) }
            if version == 2 { writer.zigzag(0) }
            let marker = try decode(writer.bytes)
            #expect(marker.position == Position(generation: 7, offset: 41) && marker.asOf == 8000 && marker.ledger.deadLettered == 5000)
            #expect(marker.definitionVersion == 0 && marker.isEmitted == (version == 1))
        }
    }

    @Test func aMarkerOfANewerProgramIsRefusedWithWords() throws {
        var bytes = Marker().encoded()
        bytes[16] = Marker.codecVersion + 1
        let error = #expect(throws: StateError.self) { try decode(bytes) }
        #expect(error?.description.contains("run the newer program") == true)
    }

    /// Programs of the version before go on reading the markers of a single server.
    @Test func onASingleServerAMarkerIsOfVersionThree() {
        var marker = Marker()
        #expect(marker.encoded()[16] == 3)
        marker.home = SlotHome(nodes: [1], lives: [])
        #expect(marker.encoded()[16] == 4)
    }

    /// A marker is written once more, though nothing came, to say that its values have come to where they are now.
    @Test func aMarkerFollowsItsSlot() throws {
        var log = EngineLog(.play)
        log.append(.playStart, user: "u1")
        let world = EngineWorld(log)
        func place(_ master: UInt32) -> SlotPlace { SlotPlace(home: SlotHome(nodes: [master], lives: []), master: master) }
        for master in [1, 1, 2] as [UInt32] {
            world.places = [place(master), place(master), place(master)]
            let life = try world.begin()
            try life.read(1)
            let before = world.store.writeCount
            _ = try life.commit(titles: true)
            let written = world.store.writeCount - before
            #expect(try world.markers.map { $0?.home } == [place(master).home, place(master).home, place(master).home])
            if master == 2 { #expect(written == EngineWorld.bucketCount) }
            let next = world.store.writeCount
            _ = try life.commit(titles: true)
            #expect(world.store.writeCount == next)
        }
    }

    @Test func theLowestMarkerDecidesWhereToResume() {
        func resume(_ offsets: [Int64?], titles: Int64?) -> Int64 {
            func position(_ offset: Int64) -> Position { Position(generation: 1, offset: offset) }
            let markers = offsets.map { offset in
                offset.map { offset in
                    var marker = Marker()
                    marker.position = position(offset)
                    return marker
                }
            }
            let start = EngineStart(
                topic: .play, partition: 0, generation: 1, definition: .variant(1), markers: markers, titleMarker: titles.map(position))
            return start.resumeOffset
        }
        #expect(resume([9, 7, 8], titles: 10) == 8)
        #expect(resume([9, 7, 8], titles: 3) == 4)
        #expect(resume([9, nil, 8], titles: 10) == 0)
        #expect(resume([9, 7, 8], titles: nil) == 0)
    }

    @Test func whatAFedNamespaceHoldsIsNotEmittedBeyondTheHandover() {
        func emitted(_ markers: [(offset: Int64, isEmitted: Bool)?], handover: Int64?) -> Int64 {
            markers.map { marker in
                marker.map {
                    var marker = Marker()
                    marker.position = Position(generation: 1, offset: $0.offset)
                    marker.isEmitted = $0.isEmitted
                    return marker
                }
            }.emittedOffset(handover: handover)
        }
        #expect(emitted([(9, true), (7, true)], handover: 3) == 7)
        #expect(emitted([(9, false), (7, true)], handover: 3) == 3)
        #expect(emitted([(9, false), (7, false)], handover: 8) == 7)
        #expect(emitted([(9, true), (7, false)], handover: nil) == -1)
        #expect(emitted([(9, true), nil], handover: 3) == -1)
    }

    private func someLog() -> EngineLog {
        var log = EngineLog(.play)
        for number in 0..<12 {
            log.appendTime += 90_000
            log.append(.playStart, user: "u\(number % 6)")
        }
        return log
    }

    /// A crash between the markers leaves one ahead, whose ledger counts what the others' do not; commits on the way there, the first of
    /// them before any record, must leave it alone.
    @Test func aMarkerThatIsAheadIsNotTakenBack() throws {
        let log = someLog()
        let values = 6
        for titles in [false, true] {
            for written in 1...2 {
                let world = EngineWorld(log)
                try world.live(reading: 12, titles: titles, writes: values + (titles ? 1 : 0) + written)
                let ahead = try world.marker("m/0")
                #expect(ahead?.position.offset == 11)
                let life = try world.begin()
                for _ in 0..<4 {
                    _ = try life.commit(titles: true)
                    #expect(try world.marker("m/0") == ahead)
                    try life.read(3)
                }
                _ = try life.commit(titles: true)
                let differences = try world.outcome.differences(from: log.expectedOutcome)
                #expect(differences.isEmpty)
            }
        }
    }

    /// Entries of the outbox up to it may be gone.
    @Test func theTitleMarkerNeverGoesBack() throws {
        let world = EngineWorld(someLog())
        let first = try world.begin()
        try first.read(10)
        _ = try first.commit(titles: true)
        // Of the last commit the title marker alone arrives, as if the buckets' server had died.
        let before = world.store.values
        try first.read(2)
        _ = try first.commit(titles: true)
        for index in 0..<EngineWorld.bucketCount { world.store.set("m/\(index)", before["m/\(index)"] ?? []) }
        let life = try world.begin()
        #expect(life.next == 10)
        for _ in 0..<3 {
            #expect(life.engine.titlePosition.offset == 11)
            _ = try life.commit(titles: true)
            #expect(try world.marker("m/titles")?.position.offset == 11)
            try life.read(1)
        }
        let differences = try world.catchUp().differences(from: world.log.expectedOutcome)
        #expect(differences.isEmpty)
    }

    @Test func theOlderOfTwoOwnersIsTurnedAway() throws {
        let log = someLog()
        let world = EngineWorld(log)
        let older = try world.begin()
        try older.read(5)
        let newer = try world.begin()
        try newer.read(8)
        let isNewerAgreed = try newer.commit(titles: true)
        let standing = world.store.values
        let isOlderAgreed = try older.commit(titles: true)
        #expect([isNewerAgreed, isOlderAgreed] == [true, false])
        #expect(world.store.values == standing)
        let differences = try world.catchUp().differences(from: log.expectedOutcome)
        #expect(differences.isEmpty)
    }

    @Test func everyValueBeginsWithGenerationAndOffset() throws {
        let world = EngineWorld(someLog())
        _ = try world.catchUp()
        #expect(!world.store.values(under: "u/").isEmpty && !world.store.values(under: "t/").isEmpty)
        for (key, value) in world.store.values {
            let generation = value.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let offset = value[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            #expect(generation == EngineLog.generation && offset < 12, "\(key)")
        }
    }

    @Test func valuesOfAnotherLogAreRefusedWithWords() throws {
        for prefix in ["u/", "t/"] {
            let world = EngineWorld(someLog())
            _ = try world.catchUp()
            let finished = world.store.values(under: prefix)
            world.store.rollBack(to: 0)
            for (key, value) in finished { world.store.set(prefix + key, [1] + value.dropFirst()) }
            let life = try world.begin()
            let error = #expect(throws: StateError.self) { try life.read(12) }
            #expect(error?.description.contains("another log") == true)
        }
    }
}
