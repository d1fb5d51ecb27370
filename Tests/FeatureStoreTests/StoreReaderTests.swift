import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

@testable import FeatureStore

extension StoreTests {
    @Suite struct StoreReaderTests {
        @Test(arguments: StoreKind.allCases) func sharesPipelinesBetweenConcurrentReads(kind: StoreKind) async throws {
            let fixture = try StoreFixture(kind)
            let keys = try fill(fixture, count: 1000)
            let reader = StoreReader(fixture.route, timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
            defer { reader.stop() }
            let wrong = await withTaskGroup(of: Bool.self, returning: Int.self) { group in
                for (index, key) in keys.enumerated() {
                    group.addTask {
                        (try? await reader.read([key, Array("absent".utf8), key])) != [value(1, "\(index)"), nil, value(1, "\(index)")]
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wrong == 0)
            let counts = reader.counts
            #expect(counts.reads == 1000)
            #expect(counts.flushes < 1000)
            #expect(counts.refused == 0)
            #expect(counts.waiting == 0)
        }

        /// Nothing is read before a wake, and one wake serves all that was asked for until then.
        @Test func readsUntilADeferredWakeShareOnePipeline() async throws {
            let fixture = try StoreFixture()
            let keys = try fill(fixture, count: 8)
            let (wakes, waking) = AsyncStream.makeStream(of: (@Sendable () -> Void).self)
            let reader = StoreReader(fixture.route, timeoutMilliseconds: StoreFixture.timeoutMilliseconds) { waking.yield($0) }
            defer { reader.stop() }
            let found = await withTaskGroup(of: [[UInt8]?]?.self, returning: Int.self) { group in
                for key in keys { group.addTask { try? await reader.read([key]) } }
                while reader.counts.waiting < keys.count { await Task.yield() }
                for await wake in wakes.prefix(1) { wake() }
                return await group.reduce(0) { $0 + ($1?.first.map { $0 == nil ? 0 : 1 } ?? 0) }
            }
            #expect(found == keys.count)
            #expect(reader.counts.flushes == 1)
        }

        @Test(arguments: StoreKind.allCases) func readsWhatJobsWriteMeanwhile(kind: StoreKind) async throws {
            let fixture = try StoreFixture(kind)
            let keys = try fill(fixture, count: 10)
            let reader = StoreReader(fixture.route, timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
            defer { reader.stop() }
            #expect(try await reader.read([]) == [])
            #expect(try await reader.read([keys[3]]) == [value(1, "3")])
            try fixture.connection().unlink([keys[3]])
            #expect(try await reader.read([keys[3]]) == [nil])
        }

        @Test(arguments: StoreKind.allCases) func listsTheMostRecentlyActiveOfAllBuckets(kind: StoreKind) async throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            for bucket in 0..<4 as Range<Int32> {
                var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 0)
                for index in 0..<5 {
                    let at = Int64(100 + index * 4) + Int64(bucket)
                    batch.append(
                        user: "u\(at)", bucket: Bucket(partition: 0, index: bucket), expected: nil, value: value(1), activeAt: at)
                }
                #expect(try store.commit(batch) == [])
            }
            let reader = StoreReader(fixture.route, timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
            defer { reader.stop() }
            let sets = (0..<4).map { fixture.keys.active(bucket: Bucket(partition: 0, index: $0)) }
            let found = try await reader.highest(sets, countMax: 6)
            #expect(found.map(\.score) == [119, 118, 117, 116, 115, 114])
            #expect(found.first?.member == Array("u119".utf8))
        }

        @Test func refusesWhatTheQueueCannotHold() async throws {
            let fixture = try StoreFixture()
            let reader = StoreReader(fixture.route, queueCountMax: 4, timeoutMilliseconds: 100)
            defer { reader.stop() }
            _ = try await reader.read([Array("a".utf8)])
            kill(fixture.server.processID, SIGSTOP)
            let kinds = await withTaskGroup(of: StoreError.Kind?.self, returning: [StoreError.Kind?].self) { group in
                for _ in 0..<20 { group.addTask { await failureKind(of: reader) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            kill(fixture.server.processID, SIGCONT)
            #expect(kinds.count == 20)
            #expect(kinds.allSatisfy { $0 == .unavailable })
            #expect(reader.counts.refused > 0)
            #expect(reader.counts.waiting == 0)
        }

        @Test func isUnavailableWhileRedisIsAwayAndReadsAgainWhenItIsBack() async throws {
            let folder = try TemporaryFolder()
            let address: StoreAddress
            let reader: StoreReader
            do {
                let server = try RedisServer(folder: folder.path("redis"))
                address = server.address
                reader = StoreReader(StoreRoute(address), timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
                #expect(await failureKind(of: reader) == nil)
                server.stop()
                #expect(await failureKind(of: reader) == .unavailable)
            }
            defer { reader.stop() }
            let server = try RedisServer(folder: folder.path("redis"))
            var kind = await failureKind(of: reader)
            let deadline = Date().addingTimeInterval(30)
            while kind != nil && Date() < deadline {
                await Task.yield()
                kind = await failureKind(of: reader)
            }
            #expect(kind == nil)
            try Pipeline(server.address, timeoutMilliseconds: 1000).killOthers()
            #expect(await failureKind(of: reader) == nil)
        }

        @Test func refusesReadsAfterTheStop() async throws {
            let fixture = try StoreFixture()
            let reader = StoreReader(fixture.route)
            reader.stop()
            #expect(await failureKind(of: reader) == .unavailable)
        }

        @Test func groupsNeighboursOfOneSlot() {
            let keys = ["{a}1", "{a}2", "{b}1", "{a}3", "c", "c"].map { Array($0.utf8) }
            #expect(StoreReader.neighboursOfOneSlot(keys) == [0..<2, 2..<3, 3..<4, 4..<6])
        }

        private func fill(_ fixture: StoreFixture, count: Int) throws -> [[UInt8]] {
            let bucket = Bucket(partition: 0, index: 0)
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 0)
            for index in 0..<count { batch.append(user: "u\(index)", bucket: bucket, expected: nil, value: value(1, "\(index)")) }
            #expect(try fixture.connection().commit(batch) == [])
            return (0..<count).map { fixture.keys.user(topic: "play", bucket: bucket, user: UserID("u\($0)")) }
        }
    }
}

private func failureKind(of reader: StoreReader) async -> StoreError.Kind? {
    do {
        _ = try await reader.read([Array("a".utf8)])
        return nil
    } catch {
        return error.kind
    }
}

extension Pipeline {
    /// Cuts all other connections.
    fileprivate func killOthers() throws {
        commands.command("CLIENT", argumentCount: 5)
        for word in ["KILL", "TYPE", "normal", "SKIPME", "yes"] { commands.argument(Array(word.utf8)) }
        try exchangeAll()
    }
}
