import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Catalogue and weights take effect at positions of the log, so that the past can be computed again as it was (DESIGN §6.7).
    @Suite struct DefinitionTests {
        private static let before = "log_level: info\n"
        private static let after = "log_level: info\nweights: { partial_play: 0.9 }\n"
        /// Records of a change on the public topics, each of four partitions.
        private static let recordCount = 7 * 4

        private func broker(_ isNeeded: Bool) async throws -> KafkaBroker? {
            guard isNeeded else { return nil }
            let broker = try KafkaBroker(port: freePort(), folder: nil)
            let listens = await comesTrue { broker.isListening }
            try #require(listens, "the broker does not open its port")
            return broker
        }

        private func start(_ broker: KafkaBroker?, in folder: TemporaryFolder? = nil, _ configuration: String) async throws -> RunningServer
        {
            try await RunningServer.start(
                in: folder, configuration: configuration, arguments: log(broker),
                environment: ["RECS_KAFKA_ASSIGNMENT_STRATEGY": "range"])
        }

        private func log(_ broker: KafkaBroker?) -> [String] { broker.map { ["--log", "kafka://\($0.bootstrap)"] } ?? [] }

        private func tool(_ server: RunningServer, _ broker: KafkaBroker?, configuration: String = "recs.yaml", _ arguments: String...)
            async throws -> RecsBinary.Run
        {
            let folder = server.folder
            return try await RecsBinary.run(
                arguments + ["--config", folder.path(configuration), "--data", folder.path("data")] + log(broker),
                environment: ["RECS_KAFKA_ASSIGNMENT_STRATEGY": "range"], within: 150)
        }

        /// Each viewer watches a third of a film, which is a partial play.
        private func watch(_ viewers: Range<Int>, on server: RunningServer) async throws {
            for number in viewers {
                let posted = try await server.post(EventText.play("sintel", of: "v-\(number)", minutes: 5, of: 15))
                try #require(posted.accepted == 2)
            }
        }

        private func change(genres: [String], on server: RunningServer) async throws {
            let film = try await server.get("/v1/titles/sintel").body
            var title = try #require(try JSONSerialization.jsonObject(with: film) as? [String: Any])
            title["genres"] = genres
            let body = String(decoding: try JSONSerialization.data(withJSONObject: title), as: UTF8.self)
            let answer = try await server.send("PUT", "/v1/titles/sintel", body)
            try #require(answer.status == 200, "\(answer.text)")
        }

        /// On Kafka it takes its time: the group's consumers join for each stop of the comparison.
        private func expectExact(_ server: RunningServer, _ broker: KafkaBroker?, _ namespace: String = "main") async throws {
            let run = try await tool(server, broker, "verify")
            #expect(run.status == 0 && run.output.contains("of '\(namespace)'"), "\(run.output) \(run.errors)")
        }

        /// What a week has told of a viewer, in thousandths by genre.
        private func taste(_ number: Int, _ server: RunningServer) async throws -> [String: Int] {
            let week = try await server.profile("v-\(number)").taste["7d"] ?? [:]
            return week.mapValues { Int(($0 * 1000).rounded()) }.filter { $0.value != 0 }
        }

        private func definitions(_ server: RunningServer, _ namespace: String) async throws -> Set<Int64> {
            let found = try await server.status().namespaces.first { $0.namespace == namespace }
            return Set((found?.jobs ?? []).map(\.definition))
        }

        @Test(arguments: [false, true]) func thePastStaysAsItWasUnlessItIsReplayed(onKafka: Bool) async throws {
            let broker = try await broker(onKafka)
            let server = try await start(broker, Self.before)
            let old = try await changeTheCatalogue(server, broker)
            // A replay by other weights is of these alone; what serves is not told.
            try Self.after.write(toFile: server.folder.path("after.yaml"), atomically: true, encoding: .utf8)
            let replay = try await tool(server, broker, configuration: "after.yaml", "replay", "--into", "v2")
            #expect(replay.status == 0, "\(replay.errors)")
            #expect(try await definitions(server, "main") == old)
            if broker == nil { try await expectExact(server, broker) }
            #expect(try await server.end() == 0)
            // Then the service itself begins to use them, from a position on.
            try await changeTheWeights(start(broker, in: server.folder, Self.after), broker, old)
        }

        /// Answers the definition that is in force then.
        private func changeTheCatalogue(_ server: RunningServer, _ broker: KafkaBroker?) async throws -> Set<Int64> {
            try await watch(0..<12, on: server)
            _ = try await server.caughtUp(received: 24)
            let isOne = try await comesTrue { try await definitions(server, "main").count == 1 }
            #expect(isOne)
            let first = try await definitions(server, "main")
            try await change(genres: ["Western"], on: server)
            try await watch(6..<18, on: server)
            let status = try await server.caughtUp(received: 48 + Self.recordCount)
            #expect(status.jobs.allSatisfy { $0.addsUp && $0.deadLettered == 0 }, "\(status.jobs)")
            let hasCome = try await comesTrue { try await definitions(server, "main").isDisjoint(with: first) }
            #expect(hasCome)
            let untouched = try await taste(0, server)
            let (both, new) = (try await taste(7, server), try await taste(17, server))
            #expect(untouched["Western"] == nil && untouched.count == 4)
            #expect(both["Western"] == 500 && both.count == 5)
            #expect(new == ["Western": 500])
            try await expectExact(server, broker)
            return try await definitions(server, "main")
        }

        private func changeTheWeights(_ server: RunningServer, _ broker: KafkaBroker?, _ old: Set<Int64>) async throws {
            let isOne = try await comesTrue {
                let (main, other) = (try await definitions(server, "main"), try await definitions(server, "v2"))
                return main == other && main.count == 1 && main != old
            }
            #expect(isOne)
            try await watch(12..<24, on: server)
            _ = try await server.caughtUp(received: 72 + 2 * Self.recordCount)
            let (both, new) = (try await taste(17, server), try await taste(23, server))
            #expect(both == ["Western": 1400] && new == ["Western": 900])
            try await expectExact(server, broker)
            let switched = try await tool(server, broker, "namespace", "switch", "v2")
            #expect(switched.status == 0, "\(switched.errors)")
            let serves = try await comesTrue { try await server.status().namespace == "v2" }
            #expect(serves)
            let (first, twice) = (try await taste(0, server), try await taste(17, server))
            #expect(first == ["Western": 900] && twice == ["Western": 1800])
            if broker == nil { try await expectExact(server, broker, "v2") }
            #expect(try await server.end() == 0)
        }
    }
}
