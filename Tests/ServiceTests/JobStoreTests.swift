import Catalog
import EventLog
import Events
import FeatureStore
import Features
import Foundation
import Jobs
import TestSupport
import Testing

@testable import Service

/// The commit of a job's partitions, which share their round trips, against a real Redis.
@Suite struct JobStoreTests {
    private static let now: Int64 = 1_700_000_000_000
    private let folder: TemporaryFolder
    private let redis: RedisServer
    private let keys = Keys(namespace: "main")

    init() throws {
        folder = try TemporaryFolder()
        redis = try RedisServer(folder: folder.path("redis"))
    }

    @Test func aConflictHoldsBackItsOwnPartitionAlone() throws {
        let store = try JobStore(address: redis.address, keys: keys, topic: .search)
        let engines = try Dictionary(uniqueKeysWithValues: (0..<Int32(3)).map { ($0, try engine($0, store)) })
        #expect(engines.values.allSatisfy { $0.changedUserCount == 1 })
        // Somebody else owns partition 1 in truth, and has come further.
        let zombie = try JobStore(address: redis.address, keys: keys, topic: .search)
        let owner = try engine(1, zombie, eventCount: 2)
        #expect(try zombie.commit([1: owner], titles: true) { _ in } == [])
        #expect(try store.commit(engines, titles: true) { _ in } == [1])
        for partition in Int32(0)..<3 {
            let (markers, titles) = try store.markers(of: partition)
            // The last record taken in: the owner's second, or the first.
            let reached: Int64 = partition == 1 ? 1 : 0
            #expect(markers.map { $0?.position.offset } == [reached, reached, reached, reached])
            #expect(titles?.position.offset == reached)
        }
        // The others go on from what they have written.
        let rest = engines.filter { $0.key != 1 }
        for (partition, engine) in rest {
            engine.committed(titles: true, at: 0)
            try take(1..<2, engine, partition, store)
            #expect(engine.changedUserCount == 1)
        }
        #expect(try store.commit(rest, titles: true) { _ in } == [])
        #expect(try store.markers(of: 2).buckets.map { $0?.position.offset } == [1, 1, 1, 1])
    }

    /// A title's value that somebody else has written is found when the viewers' are stored already: the marker must not speak of them.
    @Test func aConflictOfATitleHoldsBackTheMarkersOfItsPartition() throws {
        let (store, other) = try (errorStore(), errorStore())
        let engines = try Dictionary(uniqueKeysWithValues: (0..<Int32(3)).map { ($0, try engine($0, store, topic: .error)) })
        let owner = try engine(1, other, topic: .error, user: "neighbour", eventCount: 2)
        #expect(try other.commit([1: owner], titles: true) { _ in } == [])
        #expect(try store.commit(engines, titles: true) { _ in } == [1])
        for partition in Int32(0)..<3 { #expect(try reached(partition, store) == (partition == 1 ? 1 : 0)) }
        #expect(try stored(1, "viewer", store) == 0, "the viewer's value was written before the title's")
    }

    /// A record without effects moves markers alone; whoever did not take it finds out when its own are written.
    @Test func aConflictOfAMarkerIsToldOfItsPartitionAlone() throws {
        let (store, other) = try (errorStore(), errorStore())
        let engines = try Dictionary(uniqueKeysWithValues: (0..<Int32(3)).map { ($0, try engine($0, store, topic: .error)) })
        let owner = try engine(2, other, topic: .error, eventCount: 0)
        try take(0..<2, owner, 2, other, type: .searchQuery)
        #expect(try other.commit([2: owner], titles: false) { _ in } == [])
        #expect(try store.commit(engines, titles: false) { _ in } == [2])
        #expect(try reached(0, store) == 0 && reached(1, store) == 0)
        #expect(try store.markers(of: 2).buckets.allSatisfy { $0?.ledger.applied == 0 && $0?.position.offset == 1 })
    }

    /// What is stored when emissions fail is taken for a redelivery in the next life: emitted again, counted once.
    @Test func failedEmissionsLeaveNoMarkerOfAnyPartition() throws {
        struct Refused: Error {}
        let partitions: [Int32] = [0, 1, 2]
        func life(_ store: JobStore) throws -> [Int32: any PartitionEngine] {
            try Dictionary(
                uniqueKeysWithValues: partitions.map { partition in
                    let engine = try engine(partition, store, topic: .error)
                    try take(1..<2, engine, partition, store, type: .searchQuery)
                    return (partition, engine)
                })
        }
        let store = try errorStore()
        #expect(throws: Refused.self) { _ = try store.commit(try life(store), titles: true) { _ in throw Refused() } }
        for partition in partitions {
            let (markers, titles) = try store.markers(of: partition)
            #expect(markers.allSatisfy { $0 == nil } && titles == nil)
            #expect(try stored(partition, "viewer", store) == 0)
        }
        let next = try errorStore()
        var emitted: [Int32] = []
        #expect(
            try next.commit(try life(next), titles: true) { emitted += $0.flatMap { part in part.emissions.map { _ in part.partition } } }
                == [])
        #expect(emitted.sorted() == partitions)
        for partition in partitions {
            let ledger = try next.markers(of: partition).buckets.reduce(Ledger()) { $0 + ($1?.ledger ?? Ledger()) }
            #expect(ledger.received == 2 && ledger.applied == 1 && ledger.deadLettered == 1)
        }
    }

    private func errorStore() throws -> JobStore { try JobStore(address: redis.address, keys: keys, topic: .error) }

    /// The last offset that all markers of a partition tell.
    private func reached(_ partition: Int32, _ store: JobStore) throws -> Int64? {
        let offsets = Set(try store.markers(of: partition).buckets.map { $0?.position.offset })
        return offsets.count == 1 ? offsets.first! : nil
    }

    /// The applied offset of a viewer's stored value.
    private func stored(_ partition: Int32, _ user: String, _ store: JobStore) throws -> Int64? {
        var offset: Int64?
        let bucket = Array(user.utf8).withUnsafeBytes { keys.bucket(user: $0, partition: partition) }
        let missing = MissingUser(index: 1, bucket: bucket, user: Array(user.utf8))
        try store.loadUsers([(partition, [missing])]) { (_, _, value) throws(StateError) in
            guard let value else { return }
            var names = NameTable()
            offset = try UserValue<ErrorState>(from: value, names: &names).applied.offset
        }
        return offset
    }

    /// An engine with an event of one viewer in each of its first records, of a title where the topic's events have one.
    private func engine(
        _ partition: Int32, _ store: JobStore, topic: Topic = .search, user: String = "viewer", eventCount: Int64 = 1
    ) throws -> any PartitionEngine {
        let definition = Definition(
            version: 0, settings: JobSettings(), catalog: Catalog(version: 1, titles: [], genreNames: []))
        let engine = makeEngine(
            EngineStart(
                topic: topic, partition: partition, generation: 7, definition: definition,
                markers: [Marker?](repeating: nil, count: keys.bucketsPerPartition), titleMarker: nil))
        if eventCount > 0 {
            try take(0..<eventCount, engine, partition, store, type: topic == .search ? .searchQuery : .errorOccurred, user: user)
        }
        return engine
    }

    /// Takes records in; those of a type that is not the topic's become dead letters.
    private func take(
        _ offsets: Range<Int64>, _ engine: any PartitionEngine, _ partition: Int32, _ store: JobStore, type: EventType = .searchQuery,
        user: String = "viewer"
    ) throws {
        var bytes: [UInt8] = []
        func slice(_ text: String) -> Slice {
            defer { bytes += Array(text.utf8) }
            return Slice(offset: bytes.count, count: text.utf8.count)
        }
        let (user, session, text, title) = (slice(user), slice("s-\(partition)"), slice("query"), slice("t-1"))
        var batch = EventBatch()
        for offset in offsets {
            var event = Event(type: type)
            event.id = EventID(high: UInt64(partition), low: UInt64(offset))
            (event.user, event.session, event.text) = (user, session, text)
            if type == .errorOccurred { event.title = title }
            (event.partition, event.offset, event.timestamp, event.appendTime) = (partition, offset, Self.now, Self.now)
            batch.append(event, key: event.user, value: event.user, fault: nil)
        }
        try bytes.withUnsafeBytes { bytes in
            try store.loadUsers([(partition, engine.missingUsers(of: batch, bytes: bytes))]) {
                (found, user, value) throws(StateError) in
                #expect(found == partition)
                try engine.install(user, value: value)
            }
            try store.loadTitles([(partition, engine.process(batch, bytes: bytes))]) { (_, title, value) throws(StateError) in
                try engine.install(title, value: value)
            }
        }
        engine.settleTitles()
    }
}
