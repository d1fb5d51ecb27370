import Events
import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What jobs could not use is shown, and comes back exactly once when it can be used.
    @Suite struct DeadLetterTests {
        /// Puts one record on a topic: broker, topic, key, value in hexadecimal.
        private static let kafkaProducer = """
            import sys
            from confluent_kafka import Producer
            producer = Producer({"bootstrap.servers": sys.argv[1], "partitioner": "murmur2_random"})
            producer.produce(sys.argv[2], key=sys.argv[3], value=bytes.fromhex(sys.argv[4]))
            sys.exit(producer.flush(20))
            """

        struct Listing: Decodable {
            struct Group: Decodable, Equatable {
                var topic: String
                var reason: String
                var count: Int
                var redriven: Int
            }
            struct Letter: Decodable {
                var id: String
                var letter: String
                var user: String
                var redriven: String?
            }
            var groups: [Group]
            var letters: [Letter]
        }

        struct Outcome: Decodable, Equatable {
            var redriven: Int
            var wouldRedrive: Int
            var alreadyRedriven: Int
            var alreadyOnTopic: Int
            var viewerErased: Int
            var left: Int
        }

        struct View: Decodable {
            struct Problem: Decodable { var path: String }
            var event: String?
            var refusedNow: String?
            var problems: [Problem]
            var base64: String
            var user: String
        }

        private static let subject = "search_events-recs.events.search_query"

        private func run<T: Decodable>(_ type: T.Type, _ server: RunningServer, _ arguments: String...) async throws -> T {
            let run = try await RecsBinary.run(["dead-letters"] + arguments + ["--data", server.folder.path("data"), "--json"])
            guard run.status == 0 else { throw NotServing(description: run.errors) }
            return try Answer.decoded(type, from: Data(run.output.utf8))
        }

        /// The id that the registry gives to the next schema.
        private func nextSchemaID(_ server: RunningServer) async throws -> Int32 {
            try await ForeignProducer.register("{\"type\":\"fixed\",\"name\":\"placeholder\",\"size\":7}", as: "placeholder", server) + 1
        }

        private func waitForLetters(_ count: Int, _ server: RunningServer) async throws {
            let areBuried = try await comesTrue(within: 60) {
                let job = try await server.status().job("search_events")
                return job?.deadLettered == count && job?.lag == 0
            }
            #expect(areBuried)
        }

        @Test func foreignSchemaComesBackOnceItIsRegistered() async throws {
            let server = try await RunningServer.start()
            let producer = try await ForeignProducer(server)
            let id = try await nextSchemaID(server)
            let value = ForeignProducer.search("from afar", of: "ann", schemaID: id)
            try await producer.append(.search, [("ann", value), ("ann", Array("no event".utf8))])
            await producer.close()
            try await waitForLetters(2, server)

            let listing = try await run(Listing.self, server, "ls")
            #expect(
                Set(listing.groups.map(\.reason)) == ["unknown_schema", "undecodable"] && listing.groups.allSatisfy { $0.count == 1 })
            let letter = try #require(try await run(Listing.self, server, "ls", "--reason", "unknown_schema").letters.first)
            #expect(letter.user == "ann")
            let before = try await run(View.self, server, "show", letter.letter)
            #expect(before.refusedNow == "unknown_schema" && before.event == nil && before.user == "ann")
            #expect(Data(base64Encoded: before.base64) == Data(value))
            #expect(
                try await run(Outcome.self, server, "redrive", "--yes")
                    == Outcome(redriven: 0, wouldRedrive: 0, alreadyRedriven: 0, alreadyOnTopic: 0, viewerErased: 0, left: 2))

            let schema = try await ForeignProducer.searchSchema(server)
            #expect(try await ForeignProducer.register(schema, as: Self.subject, server) == id)
            // What serves has given the record up, whatever can be read by now.
            try await expectEqual(server)
            let after = try await run(View.self, server, "show", letter.id)
            #expect(after.refusedNow == nil && after.event?.contains("\"mood\":\"curious\"") == true)
            #expect(try await run(Outcome.self, server, "redrive", "--dry-run").wouldRedrive == 1)
            let options = ["--yes", "--data", server.folder.path("data")]
            let nobodys = try await RecsBinary.run(["dead-letters", "redrive", letter.id, "search_events/9/9"] + options)
            #expect(nobodys.status == 1 && nobodys.errors.contains("search_events/9/9") && !nobodys.errors.contains(letter.id))
            #expect(try await run(Outcome.self, server, "redrive", letter.id, "--yes").redriven == 1)
            let arrives = try await comesTrue { try await server.profile("ann").searches.map(\.query) == ["from afar"] }
            #expect(arrives)
            #expect(
                try await run(Outcome.self, server, "redrive", "--yes")
                    == Outcome(redriven: 0, wouldRedrive: 0, alreadyRedriven: 1, alreadyOnTopic: 0, viewerErased: 0, left: 1))
            let isCounted = try await comesTrue { try await server.status().job("search_events")?.received == 3 }
            let job = try #require(try await server.status().job("search_events"))
            #expect(isCounted && job.applied == 1 && job.duplicate == 0 && job.received == 3 && job.addsUp, "\(job)")
            #expect(try await run(Listing.self, server, "ls").groups.reduce(0) { $0 + $1.redriven } == 1)
            try await expectEqual(server)
            // One that is made anew reads it where it stands, and the redriven one is a duplicate there.
            for command in [["replay", "--into", "v2"], ["namespace", "switch", "v2"]] {
                let done = try await RecsBinary.run(command + ["--data", server.folder.path("data")])
                #expect(done.status == 0, "\(done.output) \(done.errors)")
            }
            try await expectEqual(server)
            #expect(try await server.end() == 0)
            let alone = try await RecsBinary.run(["verify", "--data", server.folder.path("data")])
            #expect(alone.status == 1 && alone.errors.contains("start `recs serve`"), "\(alone.errors)")
        }

        private func expectEqual(_ server: RunningServer) async throws {
            let verified = try await RecsBinary.run(["verify", "--data", server.folder.path("data")])
            #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
        }

        @Test func redriveThatIsKilledAgainAndAgainAppliesEachOnce() async throws {
            let count = 4000
            let server = try await RunningServer.start()
            let producer = try await ForeignProducer(server)
            let id = try await nextSchemaID(server)
            let users = (0..<80).map { "viewer-\($0)" }
            try await producer.append(
                .search,
                (0..<count).map {
                    (users[$0 % users.count], ForeignProducer.search("q\($0)", of: users[$0 % users.count], schemaID: id))
                })
            try await waitForLetters(count, server)
            _ = try await ForeignProducer.register(try await ForeignProducer.searchSchema(server), as: Self.subject, server)

            // Killed when it has appended more: between an append and the note that it was done, or near it.
            for _ in 0..<4 {
                let before = try await producer.recordCount(.search)
                let child = try ChildProcess(
                    RecsBinary.path, ["dead-letters", "redrive", "--yes", "--data", server.folder.path("data")])
                while try await producer.recordCount(.search) == before, child.isRunning { await Task.yield() }
                child.signal(SIGKILL)
                _ = try await onOwnThread { child.wait() }
            }
            let beforeLast = try await producer.recordCount(.search)
            #expect(beforeLast < 2 * count, "no run was cut short")
            await producer.close()
            let last = try await run(Outcome.self, server, "redrive", "--yes")
            #expect(last.left == 0)
            let again = try await run(Outcome.self, server, "redrive", "--yes")
            #expect(again.redriven == 0 && again.alreadyRedriven == count && again.alreadyOnTopic == 0)
            let isApplied = try await comesTrue(within: 60) {
                let job = try await server.status().job("search_events")
                return job?.applied ?? 0 >= count && job?.lag == 0
            }
            let job = try #require(try await server.status().job("search_events"))
            #expect(isApplied && job.applied == count && job.duplicate == 0 && job.addsUp, "\(job)")
            #expect(try await server.end() == 0)
        }

        @Test func lettersOnKafkaComeBackOnce() async throws {
            let broker = try KafkaBroker()
            let listens = await comesTrue { broker.isListening }
            try #require(listens, "the broker does not open its port")
            let log = ["--log", "kafka://\(broker.bootstrap)"]
            // The broker knows the older protocol of consumer groups.
            let environment = ["RECS_KAFKA_ASSIGNMENT_STRATEGY": "range"]
            let server = try await RunningServer.start(arguments: log, environment: environment)
            let id = try await nextSchemaID(server)
            let hex = ForeignProducer.search("by kafka", of: "ann", schemaID: id).map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }
            let arguments = ["-c", Self.kafkaProducer, broker.bootstrap, "search_events", "ann", hex.joined()]
            let produced = try await onOwnThread { try ChildProcess.run(ChildProcess.python, arguments) }
            try #require(produced.status == 0, "\(produced.errors)")
            try await waitForLetters(1, server)
            _ = try await ForeignProducer.register(try await ForeignProducer.searchSchema(server), as: Self.subject, server)
            for expected in [1, 0] {
                let run = try await RecsBinary.run(
                    ["dead-letters", "redrive", "--yes", "--json", "--data", server.folder.path("data")] + log, environment: environment)
                try #require(run.status == 0, "\(run.errors)")
                #expect(try Answer.decoded(Outcome.self, from: Data(run.output.utf8)).redriven == expected)
            }
            let isApplied = try await comesTrue { try await server.status().job("search_events")?.received == 2 }
            let job = try #require(try await server.status().job("search_events"))
            #expect(isApplied && job.applied == 1 && job.duplicate == 0 && job.addsUp, "\(job)")
            #expect(try await server.profile("ann").searches.map(\.query) == ["by kafka"])
            #expect(try await server.end() == 0)
        }

        @Test func withoutYesNothingIsRedriven() async throws {
            let server = try await RunningServer.start()
            let producer = try await ForeignProducer(server)
            let id = try await nextSchemaID(server)
            try await producer.append(.search, [("ann", ForeignProducer.search("q", of: "ann", schemaID: id))])
            await producer.close()
            try await waitForLetters(1, server)
            _ = try await ForeignProducer.register(try await ForeignProducer.searchSchema(server), as: Self.subject, server)
            let run = try await RecsBinary.run("dead-letters", "redrive", "--data", server.folder.path("data"))
            #expect(run.status == 64 && run.errors.contains("--yes") && run.output.isEmpty)
            let none = try await RecsBinary.run("dead-letters", "show", "nonsense", "--data", server.folder.path("data"))
            #expect(none.status == 1 && none.errors.contains("dead-letters ls"))
            #expect(try await server.end() == 0)
        }
    }
}
