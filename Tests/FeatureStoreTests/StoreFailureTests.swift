import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

@testable import FeatureStore

extension StoreTests {
    @Suite struct StoreFailureTests {
        let bucket = Bucket(partition: 0, index: 0)

        @Test(arguments: StoreKind.allCases) func aCutConnectionIsUnavailableForGood(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            _ = try store.identity()
            try fixture.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            let batch = largeBatch()
            #expect(failureKind { () throws(StoreError) in _ = try store.commit(batch) } == .unavailable)
            #expect(store.isBroken)
            #expect(failureKind { () throws(StoreError) in _ = try store.identity() } == .unavailable)
            #expect(try fixture.connection().commit(batch).allSatisfy { $0 < batch.count })
        }

        @Test func aServerKilledWhileItOwesRepliesIsUnavailable() async throws {
            let fixture = try StoreFixture()
            let store = Handover(try fixture.connection())
            kill(fixture.server.processID, SIGSTOP)
            let batch = largeBatch()
            async let kind = Task.detached { failureKind { () throws(StoreError) in _ = try store.value.commit(batch) } }.value
            kill(fixture.server.processID, SIGKILL)
            #expect(await kind == .unavailable)
            #expect(eventually { !fixture.server.isRunning })
        }

        @Test func aServerThatDoesNotAnswerIsUnavailable() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection(timeoutMilliseconds: 50)
            kill(fixture.server.processID, SIGSTOP)
            defer { kill(fixture.server.processID, SIGCONT) }
            let failure = #expect(throws: StoreError.self) { try store.identity() }
            #expect(failure?.kind == .unavailable)
            #expect(failure?.description.contains("no answer within 50 ms") == true)
        }

        @Test func anAddressWhereNobodyListensIsUnavailable() throws {
            let fixture = try StoreFixture()
            let socket = StoreAddress(socketPath: fixture.folder.path("nobody.sock"))
            #expect(failureKind { () throws(StoreError) in _ = try StoreConnection(socket) } == .unavailable)
            let port = try StoreAddress("redis://127.0.0.1:\(freePort())")
            #expect(failureKind { () throws(StoreError) in _ = try StoreConnection(port) } == .unavailable)
        }

        @Test func anotherRunOfTheServerShowsInItsIdentity() throws {
            let folder = try TemporaryFolder()
            let first = try identity(folder)
            let second = try identity(folder)
            #expect(first.nodes.map(\.role) == ["master"])
            #expect(first.nodes.map(\.runID) != second.nodes.map(\.runID))
        }

        private func identity(_ folder: TemporaryFolder) throws -> StoreIdentity {
            let server = try RedisServer(folder: folder.path("redis"))
            defer { server.stop() }
            return try StoreConnection(server.address).identity()
        }

        private func largeBatch() -> WriteBatch {
            var batch = WriteBatch(keys: Keys(namespace: "main"), topic: "play", partition: 0)
            let body = String(repeating: "x", count: 4000)
            for index in 0..<1000 { batch.append(user: "u\(index)", bucket: bucket, expected: nil, value: value(1, body)) }
            return batch
        }
    }
}

/// Hands an object to the one thread that will use it.
struct Handover<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
