import FeatureStore
import Features
import TestSupport
import Testing

@testable import FeatureStore

/// One after the other: each has six nodes of its own.
@Suite(.serialized) struct ClusterFailoverTests {
    let keys = Keys(namespace: "main")
    let bucket = Bucket(partition: 0, index: 0)

    @Test func aFailoverBreaksTheConnectionAndTheNextOneWorks() async throws {
        // Nodes write their configuration through to the disk: where that stalls, no other failover than this one may come of it.
        let cluster = try RedisCluster(withReplicas: true, nodeTimeoutMilliseconds: 20_000)
        let address = try StoreAddress(cluster.url)
        let store = try StoreConnection(address)
        let before = try store.identity()
        #expect(before.nodes.map(\.role) == ["master", "master", "master"])
        #expect(try store.commit(batch(expected: nil, offset: 1)) == [])
        let master = try cluster.owner(of: cluster.slot(of: "{0.0}"))
        let followed = try cluster.command(master, "WAIT", "1", "5000")
        #expect(followed == "1")
        try cluster.takeOver(master + cluster.masterCount)
        // Until the old master has heard of it, it takes writes as before.
        let hasStoodDown = try await comesTrue(within: 90) { try cluster.isWorking && !cluster.role(master).isMaster }
        #expect(hasStoodDown)
        let failure = failureKind { () throws(StoreError) in _ = try store.commit(batch(expected: 1, offset: 2)) }
        #expect(failure == .unavailable)
        #expect(store.isBroken)
        let next = try StoreConnection(address)
        // A write that failed so may have been done by the new master: its owner reads again, and goes on from there.
        let again = try next.commit(batch(expected: 1, offset: 2))
        #expect(again == [] || again == [0])
        #expect(try next.commit(batch(expected: 2, offset: 3)) == [])
        #expect(try next.identity() != before)
        #expect(try next.identity().slotMap != before.slotMap)
    }

    @Test func aKilledMasterIsUnavailableUntilItsReplicaIsPromoted() async throws {
        let cluster = try RedisCluster(withReplicas: true)
        let address = try StoreAddress(cluster.url)
        let reader = StoreReader(StoreRoute(address), timeoutMilliseconds: StoreFixture.timeoutMilliseconds)
        defer { reader.stop() }
        let key = keys.user(topic: "play", bucket: bucket, user: UserID("a"))
        let store = try StoreConnection(address)
        #expect(try store.commit(batch(expected: nil, offset: 1)) == [])
        #expect(try await reader.read([key]) == [value(1)])
        let master = try cluster.owner(of: cluster.slot(of: "{0.0}"))
        #expect(try await comesTrue { try cluster.command(master + cluster.masterCount, "DBSIZE") == "1" })
        cluster.kill(master)
        #expect(failureKind { () throws(StoreError) in _ = try store.commit(batch(expected: 1, offset: 2)) } == .unavailable)
        #expect(store.isBroken)
        var kinds: Set<StoreError.Kind> = []
        let isBack = eventually {
            let kind = failureKind { () throws(StoreError) in _ = try StoreConnection(address).commit(batch(expected: 1, offset: 2)) }
            if let kind { kinds.insert(kind) }
            return kind == nil
        }
        #expect(isBack)
        #expect(kinds == [.unavailable])
        #expect(await comesTrue { (try? await reader.read([key])) == [value(2)] })
    }

    @Test func whileASlotMovesTheReplicasMustFollow() async throws {
        let cluster = try RedisCluster(withReplicas: true, nodeTimeoutMilliseconds: 20_000)
        let address = try StoreAddress(cluster.url)
        let slot = try cluster.slot(of: "{0.0}")
        let source = try cluster.owner(of: slot)
        let target = (source + 1) % cluster.masterCount
        let store = try StoreConnection(address)
        try cluster.beginMove(slot: slot, from: source, to: target)
        #expect(try store.commit(batch(expected: nil, offset: 1)) == [])
        cluster.pause(target + cluster.masterCount)
        #expect(failureKind { () throws(StoreError) in _ = try store.commit(batch(expected: 1, offset: 2)) } == .unavailable)
        #expect(store.isBroken)
        cluster.resume(target + cluster.masterCount)
        let next = try StoreConnection(address)
        #expect(try next.commit(batch(expected: 2, offset: 3)) == [])
    }

    @Test func theReplicasMustFollowWhenServingMoves() throws {
        let cluster = try RedisCluster(withReplicas: true, nodeTimeoutMilliseconds: 20_000)
        let address = try StoreAddress(cluster.url)
        let store = try StoreConnection(address)
        _ = try store.namespaceRegistry(first: "main", definition: 0)
        let replica = try cluster.owner(of: cluster.slot(of: "recs:registry")) + cluster.masterCount
        cluster.pause(replica)
        let entry = NamespaceRegistry.Entry(state: .live, definition: 0)
        let failure = failureKind { () throws(StoreError) in _ = try store.switchServing(from: "main", to: "v2", entry) }
        #expect(failure == .unavailable)
        cluster.resume(replica)
        let next = try StoreConnection(address)
        #expect(try next.namespaceRegistry(first: "main", definition: 0).serving == "v2")
        let isBack = try next.switchServing(from: "v2", to: "main", entry)
        #expect(isBack)
    }

    private func batch(expected: Int64?, offset: Int64) -> WriteBatch {
        var batch = WriteBatch(keys: keys, topic: "play", partition: 0)
        batch.append(user: "a", bucket: bucket, expected: expected.map { position($0) }, value: value(offset))
        return batch
    }
}
