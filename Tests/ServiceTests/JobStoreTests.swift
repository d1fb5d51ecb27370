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
        }
        #expect(try store.commit(rest, titles: true) { _ in } == [])
        #expect(try store.markers(of: 2).buckets.map { $0?.position.offset } == [1, 1, 1, 1])
    }

    /// An engine with a search of one viewer in each of its first records.
    private func engine(_ partition: Int32, _ store: JobStore, eventCount: Int64 = 1) throws -> any PartitionEngine {
        let definition = Definition(
            version: 0, settings: JobSettings(), catalog: Catalog(version: 1, titles: [], genreNames: []))
        let engine = makeEngine(
            EngineStart(
                topic: .search, partition: partition, generation: 7, definition: definition,
                markers: [Marker?](repeating: nil, count: keys.bucketsPerPartition), titleMarker: nil))
        try take(0..<eventCount, engine, partition, store)
        return engine
    }

    private func take(_ offsets: Range<Int64>, _ engine: any PartitionEngine, _ partition: Int32, _ store: JobStore) throws {
        let bytes = Array("viewers-\(partition)query".utf8)
        var batch = EventBatch()
        for offset in offsets {
            var event = Event(type: .searchQuery)
            event.id = EventID(high: UInt64(partition), low: UInt64(offset))
            (event.user, event.session, event.text) = (Slice(offset: 0, count: 6), Slice(offset: 6, count: 3), Slice(offset: 9, count: 5))
            (event.partition, event.offset, event.timestamp, event.appendTime) = (partition, offset, Self.now, Self.now)
            batch.append(event, key: event.user, value: event.user, fault: nil)
        }
        try bytes.withUnsafeBytes { bytes in
            try store.loadUsers([(partition, engine.missingUsers(of: batch, bytes: bytes))]) {
                (found, user, value) throws(StateError) in
                #expect(found == partition)
                try engine.install(user, value: value)
            }
            #expect(engine.process(batch, bytes: bytes).isEmpty)
        }
        #expect(engine.changedUserCount == 1)
    }
}
