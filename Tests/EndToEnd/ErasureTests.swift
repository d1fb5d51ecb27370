import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// An erased viewer is gone from every namespace and does not come back: not by a warm worker, not by a device's retry, not by a replay.
    @Suite struct ErasureTests {
        private func events(of user: String) -> [String] {
            EventText.play("sintel", of: user, minutes: 5, of: 15)
                + [
                    EventText.event("recommendation_shown", of: user, "\"title_id\":\"sintel\",\"artwork_id\":\"sintel-b\""),
                    EventText.search("a secret wish", of: user),
                    EventText.event("title_rated", of: user, "\"title_id\":\"sintel\",\"rating\":5"),
                    EventText.event(
                        "quality_sample", of: user,
                        "\"title_id\":\"sintel\",\"buffer_ms\":9000,\"throughput_kbps\":4000,\"bitrate_kbps\":1500"),
                    EventText.event(
                        "playback_failed", of: user, "\"title_id\":\"sintel\",\"code\":\"E1\""),
                ]
        }

        private func tool(_ server: RunningServer, _ arguments: String...) async throws -> RecsBinary.Run {
            try await RecsBinary.run(arguments + ["--config", server.folder.path("recs.yaml"), "--data", server.folder.path("data")])
        }

        private struct Export: Decodable {
            struct Held: Decodable {
                var topic: String
                var erased: Bool
                var features: [String: String]
            }
            var held: [Held]
        }

        private func export(_ user: String, _ server: RunningServer, token: String?) async throws -> Export {
            try await server.get("/v1/users/\(user)/export\(token.map { "?token=\($0)" } ?? "")").decoded(Export.self)
        }

        @Test func erasedViewerIsGoneEverywhereAndStaysAway() async throws {
            let settings = Repository.root.appendingPathComponent("Data/demo.yaml")
            let server = try await RunningServer.start(configuration: try String(contentsOf: settings, encoding: .utf8))
            let gone = events(of: "gone")
            for events in [gone, events(of: "stays")] {
                let posted = try await server.post(events)
                try #require(posted.accepted == events.count, "\(posted)")
            }
            let replay = try await tool(server, "replay", "--into", "v2")
            #expect(replay.status == 0, "\(replay.errors)")
            let held = try await export("gone", server, token: nil)
            #expect(Set(held.held.map(\.topic)).isSuperset(of: ["play_events", "search_events", "quality_events", "error_events"]))
            struct Erased: Decodable { var token: String }
            let answer = try await server.send("DELETE", "/v1/users/gone", "")
            try #require(answer.status == 202, "\(answer.text)")
            let token = try answer.decoded(Erased.self).token
            let after = try await export("gone", server, token: token)
            #expect(after.held.allSatisfy { $0.erased && $0.features.isEmpty }, "\(after)")
            try await expectNothingInRedis(server)
            // The device did not hear that its events were taken, and sends them again.
            let again = try await server.post(gone)
            let profile = try await server.profile("gone", after: again)
            #expect(profile.recentPlays.isEmpty && profile.searches.isEmpty && profile.ratings.isEmpty)
            let third = try await tool(server, "replay", "--into", "v3")
            #expect(third.status == 0, "\(third.errors)")
            try await expectNothingInRedis(server)
            #expect(try await tool(server, "namespace", "switch", "v3").status == 0)
            let isServed = try await comesTrue { try await server.status().namespace == "v3" }
            #expect(isServed)
            let rebuilt = try await server.profile("gone")
            #expect(rebuilt.recentPlays.isEmpty && rebuilt.searches.isEmpty && rebuilt.ratings.isEmpty)
            #expect(try await server.profile("stays").recentPlays.map(\.titleId) == ["sintel"])
            let verified = try await tool(server, "verify")
            #expect(verified.status == 0, "\(verified.output)")
            #expect(try await server.end() == 0)
        }

        /// A test of a title's artwork, on one partition: the counts of both variants are one value.
        private static let artworkTest = """
            partitions: 1
            tests:
              - { id: artwork, title: sintel, coverage: 1.0, variants: [{ id: a, artwork: sintel-a, weight: 0.5 }, { id: b, artwork: sintel-b, weight: 0.5 }] }

            """

        private func shown(_ artwork: String, to user: String) -> String {
            EventText.event("recommendation_shown", of: user, "\"title_id\":\"sintel\",\"artwork_id\":\"\(artwork)\"")
        }

        /// A topic's job in a process of its own.
        private func worker(_ topic: String, _ server: RunningServer) throws -> ChildProcess {
            try ChildProcess(
                RecsBinary.path,
                [
                    "work", "--topic", topic, "--config", server.folder.path("recs.yaml"), "--data", server.folder.path("data"), "--port",
                    "0",
                ])
        }

        private func stop(_ worker: ChildProcess) async throws {
            worker.signal(SIGTERM)
            let status = try await onOwnThread { worker.wait() }
            #expect(status == 0, "\(worker.standardError)")
        }

        /// Viewers exposed to either artwork; nobody has won.
        private func expectExposed(a: Int, b: Int, _ server: RunningServer) async throws {
            let expected = ["a": [a, 0], "b": [b, 0]]
            let isCounted = try await comesTrue { try await Contract.Report.counts("artwork", server) == expected }
            let found = try await Contract.Report.counts("artwork", server)
            #expect(isCounted, "\(found), expected \(expected)")
        }

        @Test func whatALaggingJobForwardsAfterAnErasureDoesNotBringTheViewerBack() async throws {
            let server = try await RunningServer.start(configuration: Self.artworkTest, arguments: ["--no-jobs"])
            let attribution = try worker("attribution_events", server)
            let first = try worker("impression_events", server)
            #expect(try await server.post([shown("sintel-a", to: "gone")]).accepted == 1)
            try await expectExposed(a: 1, b: 0, server)
            try await stop(first)
            // Nobody forwards this one before the erasure is on all topics.
            #expect(try await server.post([shown("sintel-a", to: "gone")]).accepted == 1)
            let answer = try await server.send("DELETE", "/v1/users/gone", "")
            try #require(answer.status == 202, "\(answer.text)")
            // What comes of this one stands behind what comes of that.
            #expect(try await server.post([shown("sintel-b", to: "stays")]).accepted == 1)
            let second = try worker("impression_events", server)
            try await expectExposed(a: 1, b: 1, server)
            let held = try await export("gone", server, token: nil).held
            #expect(Set(held.map(\.topic)) == ["impression_events", "attribution_events"])
            #expect(held.allSatisfy { $0.erased && $0.features.isEmpty }, "\(held)")
            // Who comes back is a new viewer.
            #expect(try await server.post([shown("sintel-a", to: "gone")]).accepted == 1)
            try await expectExposed(a: 2, b: 1, server)
            let back = try await export("gone", server, token: nil).held
            #expect(back.count == 2 && back.allSatisfy { !$0.erased && !$0.features.isEmpty }, "\(back)")
            for worker in [second, attribution] { try await stop(worker) }
            #expect(try await server.end() == 0)
        }

        /// In all namespaces: no value of the viewer names a title or a search, and no index names the viewer.
        private func expectNothingInRedis(_ server: RunningServer) async throws {
            @Sendable func redis(_ arguments: String...) throws -> String {
                try ChildProcess.run("redis-cli", ["-s", server.folder.path("data/redis/redis.sock")] + arguments).output
            }
            let isGone = try await comesTrue {
                let keys = try redis("--scan", "--pattern", "recs:*:u:gone").split(separator: "\n")
                return try keys.allSatisfy { key in
                    let value = try redis("GET", String(key))
                    return !value.contains("sintel") && !value.contains("secret")
                }
            }
            #expect(isGone)
            for key in try redis("--scan", "--pattern", "recs:*:active").split(separator: "\n") {
                #expect(try !redis("ZRANGE", String(key), "0", "-1").contains("gone"))
            }
        }
    }
}
