import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Redis is gone for longer than any attempt lasts: pages are those of a new viewer with a warning, what knows a viewer is 503, events
    /// are taken, and afterwards everything is counted once.
    @Suite struct RedisOutageTests {
        private let outage = OutageTests()

        private func trending(_ server: RunningServer) async throws -> Set<String> {
            Set(try await server.get("/v1/trending?region=SEA&k=4").decoded(Contract.Ranking.self).items.map(\.titleId))
        }

        /// What can be answered without the store is answered; the rest says when to come back.
        private func expectServing(_ server: RunningServer, trends: Set<String>, token: String) async throws {
            let answer = try await server.get("/v1/users/viewer-1/home")
            try #require(answer.status == 200, "\(answer.text)")
            let page = try answer.decoded(Contract.Page.self)
            #expect(page.isCold && !page.rows.isEmpty)
            #expect(page.warnings.contains { $0.contains("not personal") }, "\(page.warnings)")
            #expect(page.titles.isSuperset(of: trends))
            #expect(try await trending(server) == trends)
            for path in ["profile", "export", "recommendations", "continue-watching", "home?token=\(token)"] {
                let refused = try await server.get("/v1/users/viewer-1/\(path)")
                #expect(refused.status == 503 && refused.headers["retry-after"] != nil, "\(path): \(refused.text)")
            }
            let readiness = try await server.get("/readyz")
            #expect(readiness.status == 503)
            #expect(try readiness.decoded(Contract.Readiness.self).reasons.contains { $0.hasPrefix("feature store") })
            #expect(try await server.get("/healthz").status == 200)
        }

        @Test func aRedisThatDropsValuesIsRefusedAtAnyTime() async throws {
            let redis = try await ExternalRedis()
            let server = try await RunningServer.start(arguments: ["--redis", redis.url])
            _ = try await server.page("viewer", after: server.post([EventText.search("before", of: "viewer")]))
            let port = try #require(redis.url.split(separator: ":").last.map(String.init))
            func set(_ name: String, _ value: String) throws {
                #expect(try ChildProcess.run("redis-cli", ["-p", port, "CONFIG", "SET", name, value]).output == "OK\n")
            }
            try set("maxmemory-policy", "allkeys-lru")
            try set("maxmemory", "1gb")
            let isRefused = try await comesTrue(within: 30) {
                let readiness = try await server.get("/readyz")
                return readiness.status == 503 && readiness.text.contains("allkeys-lru") && readiness.text.contains("noeviction")
            }
            #expect(isRefused)
            try set("maxmemory-policy", "noeviction")
            let isReady = try await comesTrue(within: 30) { try await server.get("/readyz").status == 200 }
            #expect(isReady)
            #expect(try await !server.page("viewer", after: server.post([EventText.search("after", of: "viewer")])).isCold)
            #expect(try await server.end() == 0)
        }

        @Test func lastingOutageIsServedThroughAndCountedExactlyAfterwards() async throws {
            let redis = try await ExternalRedis()
            let (lines, users) = try await outage.lines(600)
            let server = try await RunningServer.start(arguments: ["--redis", redis.url])
            try await outage.feed(server, lines[..<295])
            let last = try await server.post(Array(lines[295..<300]))
            _ = try await server.caughtUp(received: 300)
            #expect(try await !server.page("viewer-1", after: last).isCold)
            let trends: Set = ["sintel", "big-buck-bunny", "elephants-dream", "tears-of-steel"]
            let areKnown = try await comesTrue { try await trending(server) == trends }
            #expect(areKnown)

            try await redis.kill()
            try await expectServing(server, trends: trends, token: last.token ?? "")
            try await outage.feed(server, lines[300..<450])
            // Each job has come to nothing time and again.
            let haveFailed = try await comesTrue(within: 60) { try await server.status().jobs.allSatisfy { $0.restarts >= 3 } }
            let during = try await server.status()
            #expect(haveFailed && !during.ready, "\(during.jobs)")
            #expect(during.jobs.allSatisfy { $0.state == "waiting" && $0.reason?.contains(redis.url) == true }, "\(during.jobs)")
            // What an alert goes by: all topics' jobs are down, and the log has grown by half of what was counted.
            let isLagging = try await comesTrue(within: 20) { try await server.status().jobs.reduce(0) { $0 + $1.lag } == 150 }
            #expect(isLagging)
            try await expectServing(server, trends: trends, token: last.token ?? "")
            try await outage.feed(server, lines[450...])

            let back = try await ExternalRedis(after: redis)
            let isReady = try await comesTrue(within: 60) { try await server.get("/readyz").status == 200 }
            #expect(isReady)
            outage.expectExact(try await server.caughtUp(received: 600), received: 600, applied: 600)
            #expect(try await server.status().jobs.allSatisfy { $0.restarts >= 3 })
            for user in users {
                let page = try await server.page(user)
                #expect(!page.isCold && page.warnings.isEmpty, "\(user): \(page.warnings)")
            }
            let verified = try await server.tool("verify", "--redis", back.url)
            #expect(verified.status == 0 && verified.output.contains("all equal"), "\(verified.output)\(verified.errors)")
            #expect(try await server.end() == 0)
        }
    }
}
