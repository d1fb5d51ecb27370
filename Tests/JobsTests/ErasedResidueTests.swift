import Events
import Features
import Jobs
import TestSupport
import Testing

/// A log of which erased viewers' records are gone comes to the same counts, ledgers and values as the log that had them (DESIGN §6.9).
@Suite struct ErasedResidueTests {
    static let topics = Topic.allCases.filter(\.hasJob)

    /// A random log on which somebody is erased in the end.
    private func log(_ topic: Topic, seed: UInt64, count: Int = 150) -> EngineLog {
        var log = EngineLog.random(topic, seed: seed, count: count)
        for user in ["u1", "u3"] {
            log.appendTime += 1000
            log.append(.userErased, user: user)
        }
        for record in log.records.suffix(30) { log.append(record) }
        return log
    }

    @Test(arguments: topics) func theOutcomeIsThatOfTheWholeLog(topic: Topic) throws {
        var residueCount = 0
        var effects = 0
        var outcomes: Set<String> = []
        for seed in 0..<12 as Range<UInt64> {
            let log = log(topic, seed: seed)
            let compacted = CompactedLog(log)
            let outcome = try EngineWorld(compacted.log).catchUp()
            let differences = outcome.differences(from: compacted.expected(of: log))
            #expect(differences.isEmpty, "seed \(seed)")
            residueCount += compacted.residues.count
            #expect(compacted.completedCount >= 2)
            for record in compacted.log.records where record.event.type == .erasedResidue {
                #expect(record.key.isEmpty && record.event.user.isEmpty)
                outcomes.insert(compacted.log.text(record.event.text))
                effects += Int(record.event.detail.count)
            }
        }
        #expect(residueCount > 100)
        #expect(outcomes == ["applied", "duplicate", "filtered", "dead_lettered"])
        let countsTitles = [.play, .impression, .error, .attribution].contains(topic)
        #expect((effects > 0) == countsTitles)
    }

    @Test(arguments: topics) func crashesAndRollbacksDoNotShow(topic: Topic) throws {
        for seed in 100..<115 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let log = log(topic, seed: seed, count: 100)
            let compacted = CompactedLog(log)
            let world = EngineWorld(compacted.log)
            try world.live(disturbances: 12, &random)
            let differences = try world.outcome.differences(from: compacted.expected(of: log))
            #expect(differences.isEmpty, "seed \(seed)")
        }
    }

    /// The log that a job was reading has gone when it begins again, and the archive is compacted.
    @Test(arguments: topics) func aJobMayGoOnFromTheLogToTheArchive(topic: Topic) throws {
        for seed in 200..<212 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let log = log(topic, seed: seed, count: 100)
            let compacted = CompactedLog(log)
            let before = EngineWorld(log)
            let life = try before.begin()
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                try life.read(Int.random(in: 1...25, using: &random))
                _ = try life.commit(titles: Int.random(in: 0..<3, using: &random) == 0)
            }
            try life.read(Int.random(in: 0...20, using: &random))
            before.writesLeft = Int.random(in: 0...40, using: &random)
            _ = try? life.commit(titles: Bool.random(using: &random))
            let after = EngineWorld(compacted.log)
            after.store = before.store
            var expected = log.expectedOutcome
            let outcome = try after.catchUp()
            (expected.forwards, expected.deadLetters) = (outcome.forwards, outcome.deadLetters)
            expected.signals = outcome.signals
            #expect(outcome.differences(from: expected).isEmpty, "seed \(seed)")
        }
    }

    /// A later compaction finds the residues of an earlier one, and erasures that are completed already.
    @Test(arguments: topics) func compactionGoesOnWhereItWas(topic: Topic) throws {
        for seed in 300..<308 as Range<UInt64> {
            let log = log(topic, seed: seed)
            let whole = CompactedLog(log)
            var steps = CompactedLog(log, first: log.records.count / 3)
            for count in [log.records.count * 2 / 3, log.records.count, log.records.count] {
                let next = CompactedLog(steps.log, first: count)
                steps.log = next.log
                steps.residues.formUnion(next.residues)
            }
            #expect(steps.residues == whole.residues, "seed \(seed)")
            let outcome = try EngineWorld(steps.log).catchUp()
            #expect(outcome.differences(from: whole.expected(of: log)).isEmpty, "seed \(seed)")
        }
    }

    @Test func aRetryAfterTheErasureStaysADuplicate() throws {
        var log = EngineLog(.play)
        for _ in 0..<3 {
            log.appendTime += 1000
            log.append(.playStart, user: "u1")
        }
        log.append(.userErased, user: "u1")
        let compacted = CompactedLog(log)
        #expect(compacted.residues == [0, 1, 2])
        var later = compacted.log
        for index in 0..<3 { later.append(log.records[index]) }
        let world = EngineWorld(later)
        let outcome = try world.catchUp()
        let bucket = EngineWorld.bucketIndex(of: "u1")
        #expect(outcome.markers[bucket].contains("received 7 applied 4 duplicates 3 "))
        var names = NameTable()
        let bytes = try #require(world.store.values["u/\(bucket)/u1"])
        let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue<PlayState>(from: bytes, names: &names) }
        #expect(value.isErased && value.state == PlayState() && value.applied.offset == 3)
        #expect(value.recentIDs.entries.map(\.offset) == [0, 1, 2, 3])
    }

    /// Whoever can write to the log can write these.
    @Test func whatNoEngineLeavesIsADeadLetter() throws {
        var writer = StateWriter()
        var names = NameTable()
        let title = names.intern("t1")
        func encoded(_ effect: Effect) -> [UInt8] {
            writer.removeAll()
            effect.encode(into: &writer, names: names)
            return writer.bytes
        }
        let good = encoded(.played(title: title, region: .none, at: EngineLog.base))
        let bad = [
            good.dropLast(), good + [99], encoded(.played(title: title, region: .none, at: .min)),
            encoded(.followed(from: title, to: title, weight: .max, at: EngineLog.base)),
            encoded(.credited(title: title, test: title, variant: title, segment: title, exposed: .min, won: 0)),
            encoded(.forward(.play(test: title, at: 1))),
        ]
        var log = EngineLog(.play)
        func append(_ outcome: String, bucket: Int64 = 1, at time: Int64 = EngineLog.base, _ effects: [UInt8]) {
            log.append(.erasedResidue, user: "") { event, maker in
                event = Event(type: .erasedResidue)
                event.text = maker.slice(outcome)
                event.number = bucket
                event.timestamp = time
                event.detail = maker.slice(effects)
            }
        }
        append("applied", bucket: 2, good)
        for effects in bad { append("applied", effects) }
        append("counted", good)
        append("applied", bucket: -1, good)
        append("applied", at: .max, good)
        append("duplicate", bucket: 400, at: .min, [])
        log.append(.userErased, user: "u1") { event, maker in event.detail = maker.slice([1, 2, 3]) }
        let world = EngineWorld(log)
        let outcome = try world.catchUp()
        let ledgers = try (0..<EngineWorld.bucketCount).map { try world.marker("m/\($0)")?.ledger ?? Ledger() }
        #expect(ledgers.map(\.applied) == [0, 0, 1] && ledgers.map(\.duplicates) == [0, 1, 0])
        #expect(ledgers.reduce(Ledger(), +).deadLettered == Int64(bad.count + 4))
        #expect(outcome.deadLetters.count == bad.count + 4 && outcome.deadLetters.allSatisfy { $0.contains(" undecodable ") })
        #expect(outcome.titles.keys.sorted() == ["t1"] && outcome.users.isEmpty)
    }
}
