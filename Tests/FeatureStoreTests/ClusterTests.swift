import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

@testable import FeatureStore

extension StoreTests {
    @Suite struct ClusterTests {
        let keys = Keys(namespace: "main")

        @Test func valuesOfOneCommitSpreadOverTheNodesAndComeBack() throws {
            let fixture = try StoreFixture(.cluster)
            let store = try fixture.connection()
            var places: Set<Int> = []
            for partition in 0..<4 as Range<Int32> {
                var writes = WriteBatch(keys: keys, topic: "play", partition: partition)
                var reads = KeyBatch(keys: keys, topic: "play", partition: partition)
                for index in 0..<200 {
                    let bucket = keys.bucket(user: UserID("u\(index)"), partition: partition)
                    writes.append(user: "u\(index)", bucket: bucket, expected: nil, value: value(1, "\(index)"))
                    reads.append(user: "u\(index)", bucket: bucket)
                    places.insert(store.nodes.map.node(slot: writes.keys.slots[Int(bucket.index)]))
                }
                writes.append(title: "heat", expected: nil, value: value(2), offset: 2)
                reads.append(title: "heat")
                #expect(try store.commit(writes) == [])
                var values = LoadedValues()
                try store.load(reads, into: &values)
                #expect((0..<200).allSatisfy { values[$0] == value(1, "\($0)") })
                #expect(values[200] == value(2))
            }
            #expect(places.count > 1)
        }

        @Test func aNodeNamedAsASingleServerSaysHowToNameIt() throws {
            let fixture = try StoreFixture(.cluster)
            let address = try StoreAddress("redis://127.0.0.1:\(fixture.cluster?.ports[0] ?? 0)")
            let keys = ["a", "b", "c", "d"].map { Array($0.utf8) }
            let failure = #expect(throws: StoreError.self) { try StoreConnection(address).values(keys).count }
            #expect(failure?.description.contains("redis-cluster://") == true)
        }

        @Test func conflictsAreToldOverSeveralNodes() throws {
            let fixture = try StoreFixture(.cluster)
            let store = try fixture.connection()
            var batch = WriteBatch(keys: keys, topic: "play", partition: 3)
            for index in 0..<300 {
                batch.append(user: "u\(index)", bucket: Bucket(partition: 3, index: Int32(index % 4)), expected: nil, value: value(1))
            }
            #expect(try store.commit(batch) == [])
            batch.removeAll()
            for index in 0..<300 {
                let expected = index % 7 == 0 ? position(9) : position(1)
                batch.append(user: "u\(index)", bucket: Bucket(partition: 3, index: Int32(index % 4)), expected: expected, value: value(2))
            }
            #expect(try store.commit(batch) == (0..<300).filter { $0 % 7 == 0 })
            #expect(Set(batch.keys.slots.map { store.nodes.map.node(slot: $0) }).count > 1)
        }

        @Test func aWriterGoesOnWhileASlotMovesAndLosesNothing() async throws {
            let fixture = try StoreFixture(.cluster)
            let cluster = try #require(fixture.cluster)
            let writer = MovingWriter(fixture.address)
            let wait = Task { try await onOwnThread { try writer.run() } }
            #expect(await comesTrue { writer.commitCount > 5 })
            let slot = try cluster.slot(of: "{0.0}")
            let source = try cluster.owner(of: slot)
            let target = (source + 1) % cluster.masterCount
            try cluster.beginMove(slot: slot, from: source, to: target)
            for _ in 0..<5 {
                _ = try cluster.moveKeys(slot: slot, from: source, to: target, countMax: 5)
                let (count, life) = (writer.commitCount, writer.lifeCount)
                #expect(await comesTrue { writer.commitCount > count + 1 })
                #expect(writer.lifeCount == life)
            }
            while try cluster.moveKeys(slot: slot, from: source, to: target, countMax: 50) > 0 {}
            let life = writer.lifeCount
            try cluster.endMove(slot: slot, from: source, to: target)
            #expect(await comesTrue { writer.lifeCount > life })
            let count = writer.commitCount
            #expect(await comesTrue { writer.commitCount > count + 3 })
            #expect(await comesTrue { cluster.isWorking })
            writer.stop()
            let stored = try await wait.value
            #expect(stored.wrong == [])
            #expect(stored.count > 20)
            #expect(writer.conflictCount == 0)
        }

        @Test func readersAndFeedsFollowASlotThatMoves() async throws {
            let fixture = try StoreFixture(.cluster)
            let cluster = try #require(fixture.cluster)
            let store = try fixture.connection()
            var batch = WriteBatch(keys: keys, topic: "play", partition: 0)
            for index in 0..<20 { batch.append(title: "t\(index)", expected: nil, value: value(1), offset: 1) }
            #expect(try store.commit(batch) == [])
            let titles = (0..<20).map { keys.title(topic: "play", partition: 0, title: TitleID("t\($0)")) }
            let reader = StoreReader(fixture.route, timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
            defer { reader.stop() }
            var feed = TitleFeed(fixture.route, keys: keys, topics: ["play"], partitionCount: 1)
            #expect(try feed.changes().count == 20)
            let slot = try cluster.slot(of: "{0.t}")
            let source = try cluster.owner(of: slot)
            let target = (source + 1) % cluster.masterCount
            try cluster.beginMove(slot: slot, from: source, to: target)
            #expect(try cluster.moveKeys(slot: slot, from: source, to: target, countMax: 10) == 10)
            #expect(try await reader.read(titles) == titles.map { _ in value(1) })
            batch.removeAll()
            for index in 0..<30 { batch.append(title: "t\(index)", expected: index < 20 ? position(1) : nil, value: value(2), offset: 2) }
            batch.append(title: "wrong", expected: position(1), value: value(2), offset: 2)
            #expect(try store.commit(batch) == [30])
            #expect(try feed.changes().filter { $0.value == value(2) }.count == 30)
            #expect(try await reader.read(titles) == titles.map { _ in value(2) })
            while try cluster.moveKeys(slot: slot, from: source, to: target, countMax: 50) > 0 {}
            try cluster.endMove(slot: slot, from: source, to: target)
            #expect(await comesTrue { cluster.isWorking })
            #expect(try await reader.read(titles) == titles.map { _ in value(2) })
            #expect(failureKind { () throws(StoreError) in _ = try feed.changes() } == .unavailable)
            #expect(try feed.changes().filter { $0.value == value(2) }.count == 30)
            #expect(failureKind { () throws(StoreError) in _ = try store.commit(batch) } == .unavailable)
            #expect(store.isBroken)
        }

        /// Partitions share round trips; of each, some keys are already where their slot goes.
        @Test func batchesThatShareARoundTripFollowTheirOwnSlots() async throws {
            let fixture = try StoreFixture(.cluster)
            let cluster = try #require(fixture.cluster)
            let store = try fixture.connection()
            let partitions = (0..<3 as Range<Int32>).map { $0 }
            let names = (0..<12).map { "u\($0)" }
            func batches(_ expected: (Int32, Int) -> Position?, _ offset: Int64) -> [WriteBatch] {
                partitions.map { partition in
                    var batch = WriteBatch(keys: keys, topic: "play", partition: partition)
                    for (index, name) in names.enumerated() {
                        let bucket = Bucket(partition: partition, index: 0)
                        batch.append(
                            user: name, bucket: bucket, expected: expected(partition, index), value: value(offset, "of \(partition)"))
                    }
                    return batch
                }
            }
            #expect(try store.commit(batches({ _, _ in nil }, 1)) == [[], [], []])
            var moves: [(slot: Int, source: Int, target: Int)] = []
            for partition in [0, 2] {
                let slot = try cluster.slot(of: "{\(partition).0}")
                let source = try cluster.owner(of: slot)
                moves.append((slot, source, (source + 1) % cluster.masterCount))
                try cluster.beginMove(slot: slot, from: source, to: moves[moves.count - 1].target)
                #expect(try cluster.moveKeys(slot: slot, from: source, to: moves[moves.count - 1].target, countMax: 5) == 5)
            }
            // One in four of the second and of the third is based on what is not there.
            let written = try store.commit(batches({ partition, index in position(partition > 0 && index % 4 == 0 ? 7 : 1) }, 2))
            #expect(written == [[], [0, 4, 8], [0, 4, 8]])
            var loads: [KeyBatch] = []
            for partition in partitions {
                var load = KeyBatch(keys: keys, topic: "play", partition: partition)
                for name in names { load.append(user: name, bucket: Bucket(partition: partition, index: 0)) }
                loads.append(load)
            }
            var loaded = LoadedValues()
            try store.load(loads, into: &loaded)
            for partition in partitions {
                for index in names.indices {
                    let offset: Int64 = partition > 0 && index % 4 == 0 ? 1 : 2
                    #expect(loaded[Int(partition) * names.count + index] == value(offset, "of \(partition)"))
                }
            }
            for move in moves {
                while try cluster.moveKeys(slot: move.slot, from: move.source, to: move.target, countMax: 50) > 0 {}
                try cluster.endMove(slot: move.slot, from: move.source, to: move.target)
            }
            #expect(await comesTrue { cluster.isWorking })
        }

        @Test func signalsFollowASlotThatMoves() async throws {
            let fixture = try StoreFixture(.cluster)
            let cluster = try #require(fixture.cluster)
            let store = try fixture.connection()
            let feed = SignalFeed(fixture.route, keys: keys)
            defer { feed.stop() }
            var signals = try feed.subscribe(SessionID("s-1"), from: .after(.beginning)).makeAsyncIterator()
            let slot = try cluster.slot(of: "{s:s-1}")
            let source = try cluster.owner(of: slot)
            let target = (source + 1) % cluster.masterCount
            for offset in [1, 2, 3, 4] as [Int64] {
                if offset == 2 { try cluster.beginMove(slot: slot, from: source, to: target) }
                if offset == 3 { #expect(try cluster.moveKeys(slot: slot, from: source, to: target, countMax: 9) == 1) }
                if offset == 4 { try cluster.endMove(slot: slot, from: source, to: target) }
                var batch = SignalBatch(keys: keys)
                batch.append(session: SessionID("s-1"), offset: offset, payload: Array("x".utf8))
                try (offset == 4 ? fixture.connection() : store).append(batch)
                #expect(await signals.next()?.id == SignalID(offset: offset))
            }
            #expect(await comesTrue { cluster.isWorking })
        }
    }
}

/// Commits rounds to one bucket, a value of every user and then the marker, as a job does: after a failure it begins anew with what is stored.
private final class MovingWriter: @unchecked Sendable {
    private static let userCount = 60
    private let address: StoreAddress
    private let keys = Keys(namespace: "main")
    private let bucket = Bucket(partition: 0, index: 0)
    private let lock = NSLock()
    private var counts = (commits: 0, lives: 0, conflicts: 0, isStopped: false)
    private var acknowledged: [String: Int64] = [:]

    init(_ address: StoreAddress) { self.address = address }

    var commitCount: Int { lock.withLock { counts.commits } }
    var lifeCount: Int { lock.withLock { counts.lives } }
    var conflictCount: Int { lock.withLock { counts.conflicts } }
    func stop() { lock.withLock { counts.isStopped = true } }

    /// Writes until it is stopped; then answers how many users are stored, and which not as was acknowledged last.
    func run() throws -> (count: Int, wrong: [String]) {
        while !lock.withLock({ counts.isStopped }) {
            do { try live() } catch let failure as StoreError where failure.kind == .unavailable { continue }
        }
        let stored = try positions(StoreConnection(address))
        return (stored.count, acknowledged.filter { (stored[$0.key] ?? -1) != $0.value }.map(\.key))
    }

    private func live() throws {
        let store = try StoreConnection(address)
        // A write whose answer was lost may have been made or not.
        var stored = try positions(store)
        for (user, offset) in acknowledged where (stored[user] ?? -1) < offset { throw Lost(user: user) }
        acknowledged = stored
        lock.withLock { counts.lives += 1 }
        var offset = stored.values.max() ?? 0
        while !lock.withLock({ counts.isStopped }) {
            offset += 1
            // Users come new as well, whose keys are nowhere yet.
            let users = (0..<MovingWriter.userCount).filter { ($0 + Int(offset)) % 3 == 0 && Int64($0) <= 10 + offset }.map { "u\($0)" }
            try commit(users, offset, &stored, store)
        }
    }

    private func commit(_ users: [String], _ offset: Int64, _ stored: inout [String: Int64], _ store: StoreConnection) throws {
        var values = WriteBatch(keys: keys, topic: "play", partition: 0)
        for user in users {
            values.append(user: user, bucket: bucket, expected: stored[user].map { position($0) }, value: value(offset), activeAt: offset)
        }
        var marker = WriteBatch(keys: keys, topic: "play", partition: 0)
        marker.append(marker: bucket, expected: stored["marker"].map { position($0) }, value: value(offset))
        let conflicts = try store.commit(values)
        for user in users { (stored[user], acknowledged[user]) = (offset, offset) }
        let markerConflicts = try store.commit(marker)
        (stored["marker"], acknowledged["marker"]) = (offset, offset)
        lock.withLock {
            counts.commits += 1
            counts.conflicts += conflicts.count + markerConflicts.count
        }
    }

    /// The positions stored, by user, and the marker's.
    private func positions(_ store: StoreConnection) throws -> [String: Int64] {
        var batch = KeyBatch(keys: keys, topic: "play", partition: 0)
        let users = (0..<MovingWriter.userCount).map { "u\($0)" }
        for user in users { batch.append(user: user, bucket: bucket) }
        batch.appendMarker(bucket)
        var values = LoadedValues()
        try store.load(batch, into: &values)
        var found: [String: Int64] = [:]
        for (index, name) in (users + ["marker"]).enumerated() {
            guard let bytes = values[index] else { continue }
            found[name] = bytes[8..<16].reduce(0) { $0 << 8 | Int64($1) }
        }
        return found
    }

    private struct Lost: Error { var user: String }
}
