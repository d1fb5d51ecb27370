import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// The number of partitions changes; what viewers have done does not.
    @Suite struct RepartitionTests {
        private struct Seen: Equatable {
            var profiles: [String: Contract.Profile]
            var pages: [String: [String]]
            var exposed, won: Int
            var title: String
        }

        private static let viewerCount = 40
        private static let pageCount = 8
        private let outage = OutageTests()

        private static func settings(_ partitions: Int) throws -> String {
            let demo = Repository.root.appendingPathComponent("Data/demo.yaml")
            return try String(contentsOf: demo, encoding: .utf8) + "\npartitions: \(partitions)\n"
        }

        private func tool(_ folder: TemporaryFolder, _ arguments: String..., environment: [String: String] = [:]) async throws
            -> RecsBinary.Run
        {
            try await RecsBinary.run(
                arguments + ["--config", folder.path("recs.yaml"), "--data", folder.path("data")], environment: environment)
        }

        /// Viewers who are shown an artwork under test; every second one then watches the title for five minutes.
        private func events(_ viewers: Range<Int>) -> [String] {
            viewers.flatMap { number in
                let user = "v-\(number)"
                let fields = "\"title_id\":\"sintel\",\"artwork_id\":\"sintel-b\",\"row_id\":\"top_picks\""
                let shown = EventText.event("recommendation_shown", of: user, fields, at: millisecondsNow() - 600_000)
                let plays = number.isMultiple(of: 2) ? EventText.play("sintel", of: user, minutes: 5, of: 15) : []
                return [shown, EventText.search("dragon \(number)", of: user)] + plays
            }
        }

        private func look(at server: RunningServer) async throws -> Seen {
            struct Report: Decodable {
                struct Variant: Decodable { var exposed, won: Int }
                var variants: [Variant]
            }
            let users = Set((0..<Self.viewerCount).map { "v-\($0)" })
            var pages: [String: [String]] = [:]
            for user in users.sorted().prefix(Self.pageCount) {
                // Without their order: pages are looked at minutes apart, and near ties change places as taste decays.
                pages[user] = try await server.page(user).rows.map { row in
                    "\(row.id): \(row.items.map(\.titleId).sorted().joined(separator: " "))"
                }.sorted()
            }
            let report = try await server.get("/v1/experiments/sintel-artwork/report").decoded(Report.self)
            let title = try await server.get("/v1/titles/sintel").text
            return Seen(
                profiles: try await outage.profiles(server, users), pages: pages,
                exposed: report.variants.reduce(0) { $0 + $1.exposed }, won: report.variants.reduce(0) { $0 + $1.won }, title: title)
        }

        private func expectSame(_ found: Seen, _ expected: Seen) {
            outage.expectEqual(found.profiles, expected.profiles)
            #expect(found.exposed == expected.exposed && found.won == expected.won)
            #expect(found.pages == expected.pages)
            #expect(found.title == expected.title)
        }

        /// The data folder of a server that has taken in the events of all viewers, and what it shows.
        private func filled(_ partitions: Int) async throws -> (TemporaryFolder, events: [String], Seen) {
            let first = try await RunningServer.start(configuration: try Self.settings(partitions))
            let events = events(0..<Self.viewerCount)
            try await outage.feed(first, events[...])
            // Pages assign viewers to variants, which is an event, too.
            _ = try await look(at: first)
            _ = try await first.caughtUp(received: events.count + Self.pageCount)
            #expect(try await first.end() == 0)
            let second = try await serve(first.folder, partitions)
            let isCounted = try await comesTrue { try await look(at: second).exposed > Self.viewerCount - Self.pageCount }
            #expect(isCounted)
            let seen = try await look(at: second)
            _ = try await second.caughtUp(received: 0)
            #expect(try await second.end() == 0)
            return (first.folder, events, seen)
        }

        /// Waits until the report of the test says so: titles are read into memory once a second.
        private func counts(_ exposed: Int, _ won: Int, _ server: RunningServer) async throws -> Bool {
            try await comesTrue {
                let seen = try await look(at: server)
                return seen.exposed == exposed && seen.won == won
            }
        }

        private func serve(_ folder: TemporaryFolder, _ partitions: Int) async throws -> RunningServer {
            let server = try await RunningServer.start(in: folder, configuration: try Self.settings(partitions))
            let serves = try await comesTrue { try await server.status().jobs.allSatisfy { $0.lag == 0 && $0.state == "running" } }
            #expect(serves)
            return server
        }

        @Test func viewersSeeWhatTheySawAndGoOn() async throws {
            let (folder, sent, before) = try await filled(1)
            let run = try await tool(folder, "repartition", "--partitions", "4", "--into", "four", "--json")
            #expect(run.status == 0 && run.output.contains("\"partitions\":4"), "\(run.errors)")
            let again = try await tool(folder, "repartition", "--partitions", "4", "--into", "four")
            #expect(again.status == 0, "\(again.errors)")

            try Self.settings(1).write(toFile: folder.path("recs.yaml"), atomically: true, encoding: .utf8)
            let old = try await tool(folder, "serve", "--port", "0")
            #expect(old.status == 1 && old.errors.contains("recs repartition --partitions 1"), "\(old.errors)")

            let server = try await serve(folder, 4)
            let isSame = try await counts(before.exposed, before.won, server)
            #expect(isSame)
            expectSame(try await look(at: server), before)
            #expect(try await server.status().namespace == "four")
            let kept = try await server.status().namespaces.first { $0.namespace == "main" }
            #expect(kept?.state == "retired")

            // What came before is known: the same events again are duplicates, in whatever partition they are now.
            let more = events(Self.viewerCount..<Self.viewerCount + 10)
            try await outage.feed(server, sent.suffix(40) + more[...])
            let isKnown = try await comesTrue {
                let jobs = try await server.status().jobs
                let duplicates = jobs.filter { $0.topic != "experiment_events" }.reduce(0) { $0 + $1.duplicate }
                return duplicates == 40 && jobs.allSatisfy { $0.lag == 0 }
            }
            #expect(isKnown)
            let isCounted = try await counts(before.exposed + 10, before.won + 5, server)
            #expect(isCounted)
            let verified = try await tool(folder, "verify")
            #expect(verified.status == 0 && verified.output.contains("of 'four'"), "\(verified.output) \(verified.errors)")
            let busy = try await tool(folder, "repartition", "--partitions", "2", "--into", "two")
            #expect(busy.status == 1 && busy.errors.contains("stop it first"), "\(busy.errors)")
            #expect(try await server.end() == 0)

            let checked = try await tool(folder, "archive", "check")
            #expect(checked.status == 0, "\(checked.output) \(checked.errors)")
            let second = try await tool(folder, "repartition", "--partitions", "2", "--into", "two")
            #expect(second.status == 1 && second.errors.contains("--drop-old"), "\(second.errors)")
            let dropped = try await tool(folder, "repartition", "--drop-old")
            #expect(dropped.status == 0 && dropped.output.contains("main"), "\(dropped.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.path("data/retired")))
            let third = try await tool(folder, "repartition", "--partitions", "2", "--into", "two")
            #expect(third.status == 0, "\(third.errors)")
            let last = try await serve(folder, 2)
            let isCountedAgain = try await counts(before.exposed + 10, before.won + 5, last)
            #expect(isCountedAgain)
            outage.expectEqual(try await look(at: last).profiles, before.profiles)
            #expect(try await last.end() == 0)
        }

        @Test func killedAnywhereItGoesOnByTheSameCommand() async throws {
            let (source, sent, before) = try await filled(2)
            let steps = [
                "after_users:1", "after_markers:2", "after_rewrite:1", "after_rebuild:1", "after_decision:1", "after_old_log_moved:1",
                "after_new_log_moved:1", "after_serving_moved:1",
            ]
            for step in steps {
                let folder = try TemporaryFolder()
                try FileManager.default.copyItem(atPath: source.path("data"), toPath: folder.path("data"))
                try Self.settings(2).write(toFile: folder.path("recs.yaml"), atomically: true, encoding: .utf8)
                let arguments = ["repartition", "--partitions", "3", "--into", "three"]
                func run(_ environment: [String: String] = [:]) async throws -> RecsBinary.Run {
                    try await RecsBinary.run(
                        arguments + ["--config", folder.path("recs.yaml"), "--data", folder.path("data")], environment: environment)
                }
                #expect(try await run(["RECS_FAILPOINT": step]).status == SIGKILL, "\(step)")
                let isDecided = !["after_users:1", "after_markers:2", "after_rewrite:1", "after_rebuild:1"].contains(step)
                var count = sent.count
                if isDecided {
                    let refused = try await tool(folder, "serve", "--port", "0")
                    #expect(refused.status == 1 && refused.errors.contains("--into three"), "\(step): \(refused.errors)")
                } else {
                    // The old log is the one in use, and what it takes in meanwhile is not lost.
                    let server = try await serve(folder, 2)
                    try await outage.feed(server, [EventText.search("between", of: "v-1")])
                    count += 1
                    #expect(try await server.end() == 0)
                }
                let finished = try await run()
                #expect(finished.status == 0, "\(step): \(finished.errors)")
                let server = try await serve(folder, 3)
                let isCounted = try await counts(before.exposed, before.won, server)
                #expect(isCounted, "\(step)")
                let found = try await look(at: server)
                #expect(found.profiles["v-1"]?.searches.count == (isDecided ? 1 : 2), "\(step)")
                #expect(found.profiles["v-2"]?.recentPlays == before.profiles["v-2"]?.recentPlays, "\(step)")
                let verified = try await tool(folder, "verify", "--json")
                #expect(verified.status == 0, "\(step): \(verified.output) \(verified.errors)")
                let received = try await server.status().jobs.filter {
                    Contract.publicTopics.contains($0.topic) && $0.topic != "experiment_events"
                }
                #expect(received.reduce(0) { $0 + $1.received } == count, "\(step)")
                #expect(try await server.end() == 0)
            }
        }

        @Test func wrongOrdersAreRefusedInWords() async throws {
            let folder = try TemporaryFolder()
            try Self.settings(2).write(toFile: folder.path("recs.yaml"), atomically: true, encoding: .utf8)
            let kafka = try await tool(folder, "repartition", "--partitions", "4", "--into", "four", "--log", "kafka://127.0.0.1:1")
            #expect(kafka.status == 1 && kafka.errors.contains("keep their order"), "\(kafka.errors)")
            let none = try await tool(folder, "repartition", "--partitions", "4", "--into", "four")
            #expect(none.status == 1 && none.errors.contains("--data"), "\(none.errors)")
            let server = try await RunningServer.start(in: folder, configuration: try Self.settings(2))
            #expect(try await server.end() == 0)
            let same = try await tool(folder, "repartition", "--partitions", "2", "--into", "two")
            #expect(same.status == 1 && same.errors.contains("already"), "\(same.errors)")
            let serving = try await tool(folder, "repartition", "--partitions", "3", "--into", "main")
            #expect(serving.status == 1 && serving.errors.contains("serves"), "\(serving.errors)")
            let half = try await tool(folder, "repartition", "--partitions", "3")
            #expect(half.status == 64 || half.status == 2, "\(half.status) \(half.errors)")
            let nothing = try await tool(folder, "repartition", "--drop-old")
            #expect(nothing.status == 1 && nothing.errors.contains("no log of before"), "\(nothing.errors)")
        }
    }
}
