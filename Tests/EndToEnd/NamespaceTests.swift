import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Features built anew beside the ones that serve: replayed, fed, switched to and back, verified, dropped.
    @Suite struct NamespaceTests {
        private static let viewerCount = 120

        private func startServer() async throws -> RunningServer {
            let settings = Repository.root.appendingPathComponent("Data/demo.yaml")
            return try await RunningServer.start(configuration: try String(contentsOf: settings, encoding: .utf8))
        }

        /// A viewer who is shown an artwork under test; every second one then watches the title for five minutes.
        private func events(ofViewer number: Int) -> [String] {
            let user = "v-\(number)"
            let fields = "\"title_id\":\"sintel\",\"artwork_id\":\"sintel-b\",\"row_id\":\"top_picks\""
            let shown = EventText.event("recommendation_shown", of: user, fields, at: millisecondsNow() - 600_000)
            return [shown] + (number.isMultiple(of: 2) ? EventText.play("sintel", of: user, minutes: 5, of: 15) : [])
        }

        private func post(_ numbers: Range<Int>, to server: RunningServer) async throws {
            for number in numbers {
                let events = events(ofViewer: number)
                guard try await server.post(events).accepted == events.count else { throw NotServing(description: "not all accepted") }
            }
        }

        private func tool(_ server: RunningServer, _ arguments: String..., environment: [String: String] = [:]) async throws
            -> RecsBinary.Run
        {
            try await RecsBinary.run(
                arguments + ["--config", server.folder.path("recs.yaml"), "--data", server.folder.path("data")], environment: environment)
        }

        /// What the test's report counts, over all variants.
        private func counts(_ server: RunningServer) async throws -> (exposed: Int, won: Int) {
            struct Report: Decodable {
                struct Variant: Decodable { var exposed, won: Int }
                var variants: [Variant]
            }
            let report = try await server.get("/v1/experiments/sintel-artwork/report").decoded(Report.self)
            return (report.variants.reduce(0) { $0 + $1.exposed }, report.variants.reduce(0) { $0 + $1.won })
        }

        private func serves(_ namespace: String, _ server: RunningServer) async throws -> Bool {
            try await comesTrue { try await server.status().namespace == namespace }
        }

        @Test func servingMovesAndComesBackUnderTrafficWithoutAGapOrADoubleCount() async throws {
            let server = try await startServer()
            try await post(0..<40, to: server)
            let replay = try await tool(server, "replay", "--into", "v2", "--json")
            #expect(replay.status == 0 && replay.output.contains("\"state\":\"live\""), "\(replay.errors)")
            let feeding = Task {
                try await post(40..<NamespaceTests.viewerCount, to: server)
            }
            for target in ["v2", "main", "v2"] {
                let run = try await tool(server, "namespace", "switch", target)
                #expect(run.status == 0, "\(run.errors)")
                let isServed = try await serves(target, server)
                #expect(isServed)
            }
            try await feeding.value
            let sent = (0..<NamespaceTests.viewerCount).reduce(0) { $0 + events(ofViewer: $1).count }
            _ = try await server.caughtUp(received: sent)
            let isCounted = try await comesTrue { try await counts(server) == (NamespaceTests.viewerCount, NamespaceTests.viewerCount / 2) }
            let found = try await counts(server)
            #expect(isCounted, "\(found)")
            #expect(try await server.profile("v-2").recentPlays.count == 1)
            let namespaces = try await server.status().namespaces
            #expect(namespaces.count == 2)
            #expect(namespaces.allSatisfy { $0.jobs.allSatisfy(\.addsUp) }, "\(namespaces)")
            let verified = try await tool(server, "verify")
            #expect(verified.status == 0 && verified.output.contains("of 'v2'"), "\(verified.output) \(verified.errors)")
            let confirmed = try await tool(server, "namespace", "confirm", "v2")
            #expect(confirmed.status == 0 && confirmed.output.contains("'v2': no marker"), "a single server has no slots that move")
            let unknown = try await tool(server, "namespace", "confirm", "v9")
            #expect(unknown.status == 1 && unknown.errors.contains("no namespace 'v9'"))
            let kept = try await tool(server, "namespace", "drop", "v2")
            #expect(kept.status == 1 && kept.errors.contains("serves"))
            let dropped = try await tool(server, "namespace", "drop", "main")
            #expect(dropped.status == 0, "\(dropped.errors)")
            let left = try ChildProcess.run(
                "redis-cli", ["-s", server.folder.path("data/redis/redis.sock"), "--scan", "--pattern", "recs:main:*"])
            #expect(left.status == 0 && left.output.isEmpty, "\(left.output)")
            #expect(try await server.end() == 0)
        }

        @Test func replayThatIsKilledGoesOnAndAPartNeverServes() async throws {
            let server = try await startServer()
            try await post(0..<60, to: server)
            let killed = try await tool(server, "replay", "--into", "v2", environment: ["RECS_FAILPOINT": "after_users:1"])
            #expect(killed.status == SIGKILL)
            let early = try await tool(server, "namespace", "switch", "v2")
            #expect(early.status == 1 && early.errors.contains("building"))
            let again = try await tool(server, "replay", "--into", "v2")
            #expect(again.status == 0, "\(again.errors)")
            #expect(try await tool(server, "namespace", "switch", "v2").status == 0)
            #expect(try await tool(server, "namespace", "switch", "v2").status == 0, "said again")
            let verified = try await tool(server, "verify")
            #expect(verified.status == 0 && verified.output.contains("of 'v2'"), "\(verified.output) \(verified.errors)")
            let part = try await tool(server, "replay", "--into", "plays", "--topics", "play_events", "--json")
            #expect(part.status == 0 && part.output.contains("\"state\":\"partial\""), "\(part.errors)")
            let refused = try await tool(server, "namespace", "switch", "plays")
            #expect(refused.status == 1 && refused.errors.contains("partial"))
            let taken = try await tool(server, "replay", "--into", "v2")
            #expect(taken.status == 1 && taken.errors.contains("namespace drop v2"))
            #expect(try await server.end() == 0)
        }

        @Test func verifyNamesTheValuesThatAreNotWhatTheEventsSay() async throws {
            let server = try await startServer()
            try await post(0..<30, to: server)
            _ = try await server.caughtUp(received: 30 + 15 * 2)
            let good = try await tool(server, "verify", "--json")
            #expect(good.status == 0, "\(good.output) \(good.errors)")
            func redis(_ arguments: String...) throws -> [String] {
                let run = try ChildProcess.run("redis-cli", ["-s", server.folder.path("data/redis/redis.sock")] + arguments)
                return run.output.split(separator: "\n").map(String.init)
            }
            let lost = try #require(try redis("--scan", "--pattern", "recs:main:*:play:u:v-4").first)
            _ = try redis("DEL", lost)
            // One viewer's impressions under another's name: a whole value, of a wrong position.
            let source = try #require(try redis("--scan", "--pattern", "recs:main:*:impression:u:v-7").first)
            let target = try #require(try redis("--scan", "--pattern", "recs:main:*:impression:u:v-9").first)
            _ = try redis("EVAL", "redis.call('SET', KEYS[2], redis.call('GET', KEYS[1]))", "2", source, target)
            let bad = try await tool(server, "verify")
            #expect(bad.status == 1)
            #expect(bad.output.contains("play_events, user v-4"), "\(bad.output)")
            #expect(bad.output.contains("impression_events, user v-9"), "\(bad.output)")
            #expect(bad.output.contains("2 differ"), "\(bad.output)")
            let sampled = try await tool(server, "verify", "--users", "v-1,v-2", "--sample", "1")
            #expect(sampled.status == 0, "\(sampled.output)")
            let one = try await tool(server, "verify", "--users", "v-4")
            #expect(one.status == 1 && one.output.contains("play_events, user v-4") && one.output.contains("1 differ"), "\(one.output)")
            let nobody = try await tool(server, "verify", "--users", "v-1,nobody")
            #expect(nobody.status == 1 && nobody.output.contains("nothing to compare of nobody:"), "\(nobody.output)")
            let alone = try await tool(server, "verify", "--users", "nobody")
            #expect(!alone.output.contains("all equal"), "\(alone.output)")
            let left = try FileManager.default.contentsOfDirectory(atPath: server.folder.path("data/log")).filter { $0.contains("verify") }
            #expect(left.isEmpty, "\(left)")
            let isAlone = try await comesTrue { try await server.status().namespaces.map(\.namespace) == ["main"] }
            #expect(isAlone)
            #expect(try await server.end() == 0)
        }
    }
}
