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

/// What a cluster can lose behind a marker, and that jobs do not go on from there (DESIGN §6.6). One after the other: each has nodes of its own.
@Suite(.serialized) struct MovedSlotTests {
    private let keys = Keys(namespace: "main")
    private let bucket = Bucket(partition: 0, index: 0)
    private let user = "u1"

    /// A bucket with one viewer and a marker, its slot, and who serves it.
    private struct Scene {
        let cluster: RedisCluster
        let address: StoreAddress
        let slot: Int
        let source: Int
        var target: Int { (source + 1) % cluster.masterCount }
    }

    private func scene(withReplicas: Bool = false) async throws -> Scene {
        let cluster = try RedisCluster(withReplicas: withReplicas, nodeTimeoutMilliseconds: 5000)
        // Replicas are masters without slots in the eyes of who has not heard of them.
        let isKnown = try await comesTrue {
            let shards = try StoreConnection(StoreAddress(cluster.url)).identity().shards
            return shards.count == cluster.masterCount && shards.allSatisfy { $0.replicas.count == (withReplicas ? 1 : 0) }
        }
        #expect(isKnown)
        let slot = try cluster.slot(of: "{0.0}")
        let scene = Scene(cluster: cluster, address: try StoreAddress(cluster.url), slot: slot, source: try cluster.owner(of: slot))
        let store = try located(scene)
        let connection = try StoreConnection(scene.address)
        var values = WriteBatch(keys: keys, topic: "play", partition: 0)
        let value = bytes(of: position)
        let expiry = wallClockMilliseconds() + 86_400_000
        Array(user.utf8).withUnsafeBytes { user in
            value.withUnsafeBytes { values.appendUser(bucket, user, expected: nil, value: $0, expiresAt: expiry, activeAt: 0) }
        }
        #expect(try connection.commit(values) == [])
        var markers = WriteBatch(keys: keys, topic: "play", partition: 0)
        var marker = Marker()
        marker.position = position
        marker.home = store.places(of: 0).first?.home
        #expect(marker.home != nil)
        marker.encoded().withUnsafeBytes { markers.appendMarker(bucket, expected: nil, value: $0) }
        #expect(try connection.commit(markers) == [])
        return scene
    }

    private let position = Position(generation: 7, offset: 41)

    private func bytes(of position: Position) -> [UInt8] {
        var writer = StateWriter()
        writer.fixed64(position.generation)
        writer.fixed64(UInt64(bitPattern: position.offset))
        return writer.bytes
    }

    private func located(_ scene: Scene) throws -> JobStore {
        let store = try JobStore(address: scene.address, keys: keys, topic: .play)
        try store.locate(store.identity())
        return store
    }

    /// What a job would begin with now.
    private func start(_ scene: Scene) throws -> EngineStart {
        let store = try located(scene)
        let definition = Definition(version: 0, settings: JobSettings(), catalog: Catalog(version: 0, titles: [], genreNames: []))
        var start = EngineStart(
            topic: .play, partition: 0, generation: 7, definition: definition,
            markers: try store.markers(of: 0).buckets, titleMarker: nil)
        start.places = store.places(of: 0)
        return start
    }

    private func isThere(_ scene: Scene) throws -> Bool {
        let connection = try StoreConnection(scene.address)
        return try connection.values([keys.user(topic: "play", bucket: bucket, user: UserID(user))])[0] != nil
    }

    private func move(_ scene: Scene) throws {
        let (cluster, source, target) = (scene.cluster, scene.source, scene.target)
        try cluster.move(slot: scene.slot, from: source, to: target, countMax: 1)
    }

    private func restart(_ node: Int, of cluster: RedisCluster) async throws {
        try cluster.start(node)
        #expect(await comesTrue { cluster.isWorking })
    }

    /// The counter-example: the marker comes first, then the viewer's value, then the node loses the value, which it had acknowledged.
    @Test func aNodeThatLosesWhatItHasJustReceivedStopsTheJob() async throws {
        let scene = try await scene()
        let (cluster, source, target) = (scene.cluster, scene.source, scene.target)
        try cluster.beginMove(slot: scene.slot, from: source, to: target)
        let marker = String(decoding: keys.marker(topic: "play", bucket: bucket), as: UTF8.self)
        try cluster.command(source, "MIGRATE", "127.0.0.1", "\(cluster.ports[target])", marker, "0", "5000")
        let file = try appendOnlyFile(of: target, cluster)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
        while try cluster.moveKeys(slot: scene.slot, from: source, to: target, countMax: 1) > 0 {}
        try cluster.endMove(slot: scene.slot, from: source, to: target)
        #expect(try isThere(scene))
        cluster.kill(target)
        #expect(truncate(file, off_t(size)) == 0)
        try await restart(target, of: cluster)
        let start = try start(scene)
        #expect(try start.markers[0]?.position == position && !isThere(scene), "the marker speaks of a value that is gone")
        #expect(start.unvouched == [0])
        let halt = #expect(throws: JobHalt.self) { try start.checkPlaces(titles: nil, now: nil, namespace: "main", isServing: true) }
        #expect(halt?.description.contains("recs namespace confirm main") == true)
        let confirmed = try located(scene).vouch(for: 0)
        #expect(confirmed == 1)
        #expect(try self.start(scene).unvouched == [])
    }

    @Test func aNodeOfAMoveUnderWayThatBeginsAnewStopsTheJob() async throws {
        let scene = try await scene()
        let cluster = scene.cluster
        try cluster.beginMove(slot: scene.slot, from: scene.source, to: scene.target)
        #expect(try start(scene).unvouched == [])
        cluster.kill(scene.target)
        try await restart(scene.target, of: cluster)
        #expect(try start(scene).unvouched == [0])
    }

    @Test func aSlotThatMovesWhileAllNodesLiveIsGoneOnWith() async throws {
        let scene = try await scene()
        try move(scene)
        let start = try start(scene)
        #expect(try start.unvouched == [] && isThere(scene))
        #expect(start.places[0].home.nodes != start.markers[0]?.home?.nodes)
    }

    @Test func aNodeThatBeginsAnewWithItsOwnPastIsGoneOnWith() async throws {
        let scene = try await scene()
        scene.cluster.kill(scene.source)
        try await restart(scene.source, of: scene.cluster)
        let start = try start(scene)
        #expect(try start.unvouched == [] && isThere(scene))
        #expect(start.places[0].home.lives != start.markers[0]?.home?.lives)
    }

    @Test func aReplicaInItsMastersPlaceIsGoneOnWith() async throws {
        let scene = try await scene(withReplicas: true)
        let (cluster, source) = (scene.cluster, scene.source)
        let replica = source + cluster.masterCount
        #expect(try cluster.command(source, "WAIT", "1", "5000") == "1")
        try cluster.takeOver(replica)
        let hasStoodDown = try await comesTrue { try cluster.isWorking && !cluster.role(source).isMaster }
        #expect(hasStoodDown)
        let start = try start(scene)
        #expect(try start.unvouched == [] && isThere(scene))
        let (place, home) = (start.places[0], try #require(start.markers[0]?.home))
        #expect(home.nodes.contains(place.master) && !home.lives.contains { $0.node == place.master })
    }

    /// Slots may move to it next: what it was before they did must be known.
    @Test func aMasterWithoutSlotsIsSeen() async throws {
        let scene = try await scene()
        let cluster = scene.cluster
        let before = try StoreConnection(scene.address).identity()
        let (first, next) = (16_384 * scene.target / cluster.masterCount, 16_384 * (scene.target + 1) / cluster.masterCount)
        for node in 0..<cluster.masterCount { try cluster.command(node, "CLUSTER", "DELSLOTSRANGE", "\(first)", "\(next - 1)") }
        try cluster.command(scene.source, "CLUSTER", "ADDSLOTSRANGE", "\(first)", "\(next - 1)")
        #expect(await comesTrue { cluster.isWorking })
        let emptied = try StoreConnection(scene.address).identity()
        #expect(emptied.nodes.count == before.nodes.count - 1 && emptied.shards.map(\.life) == before.shards.map(\.life))
        cluster.kill(scene.target)
        try await restart(scene.target, of: cluster)
        let restarted = try StoreConnection(scene.address).identity()
        #expect(restarted.nodes == emptied.nodes && restarted.slotMap == emptied.slotMap)
        #expect(restarted != emptied)
    }

    private func appendOnlyFile(of node: Int, _ cluster: RedisCluster) throws -> String {
        let folder = cluster.folder(of: node) + "/appendonlydir"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".incr.aof") }
        return folder + "/" + (try #require(files.max()))
    }
}
