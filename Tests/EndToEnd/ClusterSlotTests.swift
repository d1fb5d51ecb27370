import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Slots of a Redis Cluster move: with the service looking, and without (DESIGN §6.6).
    @Suite struct ClusterSlotTests {
        private let outage = OutageTests()
        /// A bucket of the first partition, and its titles.
        private let tags = ["0.0", "0.t"]

        private func move(_ cluster: RedisCluster) async throws {
            try await onOwnThread {
                for tag in tags {
                    let slot = try cluster.slot(of: "{\(tag)}")
                    let source = try cluster.owner(of: slot)
                    try cluster.move(slot: slot, from: source, to: (source + 1) % cluster.masterCount, countMax: 10)
                }
            }
            try await becomeWorking(cluster)
        }

        private func becomeWorking(_ cluster: RedisCluster) async throws {
            let isWorking = try await comesTrue { try await onOwnThread { cluster.isWorking } }
            #expect(isWorking)
        }

        @Test func jobsFollowSlotsThatTheySeeMoveAndStopWhereValuesMayBeLost() async throws {
            let cluster = try await onOwnThread { try RedisCluster(nodeTimeoutMilliseconds: 5000) }
            let arguments = ["--redis", cluster.url]
            let lines = try await outage.lines(400).lines
            let server = try await RunningServer.start(arguments: arguments)
            try await outage.feed(server, lines[..<200])
            _ = try await server.caughtUp(received: 200)
            try await move(cluster)
            try await outage.feed(server, lines[200...])
            outage.expectExact(try await server.caughtUp(received: 400), received: 400, applied: 400)
            #expect(try await server.end() == 0)

            // Nobody is lost, but nobody can know that.
            try await onOwnThread {
                cluster.kill(0)
                try cluster.start(0)
            }
            try await becomeWorking(cluster)
            try await move(cluster)
            let stopped = try await RunningServer.start(in: server.folder, arguments: arguments, waitsUntilReady: false)
            let haveStopped = try await comesTrue { try await stopped.status().jobs.filter { $0.state == "stopped" }.count == 8 }
            let reason = try await stopped.status().jobs.first?.reason
            #expect(haveStopped && reason?.contains("bucket 0, its titles has moved") == true, "\(reason ?? "")")
            #expect(reason?.contains("`recs namespace confirm main`") == true)
            let verified = try await stopped.tool("verify", "--redis", cluster.url)
            #expect(verified.status == 0 && verified.output.contains("all equal"), "\(verified.output)\(verified.errors)")
            let confirmed = try await stopped.tool("namespace", "confirm", "main", "--redis", cluster.url)
            #expect(confirmed.status == 0 && confirmed.output.contains("markers confirmed"), "\(confirmed.errors)")
            #expect(try await stopped.end() == 0)
            let back = try await RunningServer.start(in: server.folder, arguments: arguments)
            outage.expectExact(try await back.caughtUp(received: 400), received: 400, applied: 400)
            #expect(try await back.end() == 0)
        }
    }
}
