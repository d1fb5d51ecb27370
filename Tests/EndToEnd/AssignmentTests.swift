import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// A thumbnail test on its whole way: page → assignment on the log → impression and play → credit → report.
    @Suite struct AssignmentTests {
        private static let settings = """
            tests:
              - { id: artwork, title: sintel, coverage: 1.0, variants: [{ id: a, artwork: sintel-a, weight: 0.5 }, { id: b, artwork: sintel-b, weight: 0.5 }] }

            """
        private static let viewers = (0..<8).map { "viewer-\($0)" }

        /// The artwork that a viewer's page shows of the title under test.
        private func artwork(_ user: String, _ server: RunningServer) async throws -> String {
            let items = try await server.page(user).rows.flatMap(\.items).filter { $0.titleId == "sintel" }
            let artworks = Set(items.compactMap(\.artworkId))
            #expect(artworks.count == 1, "\(user) sees \(artworks)")
            return try #require(artworks.first)
        }

        private func artworks(_ server: RunningServer) async throws -> [String: String] {
            var artworks: [String: String] = [:]
            for user in Self.viewers { artworks[user] = try await artwork(user, server) }
            return artworks
        }

        /// Waits until a job has applied so many events.
        private func applied(_ topic: String, _ count: Int, _ server: RunningServer) async throws -> Bool {
            try await comesTrue {
                let job = try await server.status().job(topic)
                return job?.applied == count && job?.lag == 0
            }
        }

        /// Each once, of the variant whose artwork was served.
        private func expectLogged(_ artworks: [String: String], _ server: RunningServer) async throws {
            let logged = try await LoggedEvent.all("experiment_events", of: server)
            #expect(logged.map(\.userId).sorted() == artworks.keys.sorted())
            for event in logged {
                #expect(event.testId == "artwork" && event.titleId == "sintel" && event.propensity == 0.5, "\(event)")
                #expect(event.variantId.map { "sintel-" + $0 } == artworks[event.userId], "\(event)")
            }
        }

        private func shown(_ artwork: String, to user: String) -> String {
            EventText.event(
                "recommendation_shown", of: user, "\"title_id\":\"sintel\",\"artwork_id\":\"\(artwork)\",\"row_id\":\"top_picks\"",
                at: millisecondsNow() - 600_000)
        }

        /// A test that nobody can take part in says so at the start, in the list, and no more once the catalogue has what it lacks.
        @Test func whatATestLacksIsSaid() async throws {
            let settings = """
                tests:
                  - { id: title, title: nothing, variants: [{ id: a, artwork: x }, { id: b, artwork: y }] }
                  - { id: artwork, title: sintel, variants: [{ id: a, artwork: sintel-a }, { id: b, artwork: sintel-z }] }
                  - { id: good, title: sintel, variants: [{ id: a, artwork: sintel-a }, { id: b, artwork: sintel-b }] }

                """
            let server = try await RunningServer.start(configuration: settings)
            @Sendable func list() async throws -> (output: String, errors: String) {
                let run = try await RecsBinary.run("experiments", "list", "--url", server.url)
                #expect(run.status == 0)
                return (run.output, run.errors)
            }
            let first = try await list()
            #expect(["title", "artwork", "good"].allSatisfy { first.output.contains($0) })
            for said in [first.errors, server.process.standardError] {
                #expect(said.contains("no title `nothing`") && said.contains("no artwork `sintel-z`"), "\(said)")
            }
            #expect(!first.errors.contains("good:"))
            let title = """
                {"title_id":"nothing","name":"Nothing","year":2020,"runtime_min":3,"genres":["Short"],"maturity":0,"artworks":["x","y"]}
                """
            let answer = try await server.send("PUT", "/v1/titles/nothing", title)
            #expect(answer.status < 300, "\(answer.text)")
            let isMended = try await comesTrue { try await !list().errors.contains("nothing") }
            #expect(isMended)
            #expect(try await server.end() == 0)
        }

        @Test func servedArtworkIsLoggedOnceStaysAndIsWhatTheReportCounts() async throws {
            let first = try await RunningServer.start(configuration: Self.settings)
            let served = try await artworks(first)
            #expect(Set(served.values) == ["sintel-a", "sintel-b"])
            for _ in 0..<2 { #expect(try await artworks(first) == served) }
            let isLogged = try await applied("experiment_events", served.count, first)
            #expect(isLogged)
            #expect(try await artworks(first) == served)
            #expect(try await first.end() == 0)

            let server = try await RunningServer.start(in: first.folder, configuration: Self.settings)
            #expect(try await artworks(server) == served)
            // Whatever those pages offered to the log is on it before the assignment of one who comes after them.
            var known = served
            known["late"] = try await artwork("late", server)
            let isLateLogged = try await applied("experiment_events", known.count, server)
            #expect(isLateLogged)
            try await expectLogged(known, server)
            try await expectCounted(served, late: known["late"] ?? "", server)
            #expect(try await server.end() == 0)
        }

        /// Who is shown the other variant's artwork is not exposed; of the rest, who watches five minutes has won.
        private func expectCounted(_ served: [String: String], late: String, _ server: RunningServer) async throws {
            try await server.post([shown(late == "sintel-a" ? "sintel-b" : "sintel-a", to: "late")])
            let isSeen = try await applied("attribution_events", served.count + 2, server)
            #expect(isSeen)
            var expected = ["a": [0, 0], "b": [0, 0]]
            var events: [String] = []
            for (number, user) in Self.viewers.enumerated() {
                let (artwork, hasWon) = (served[user] ?? "", number < 3)
                expected[String(artwork.suffix(1))]?[0] += 1
                expected[String(artwork.suffix(1))]?[1] += hasWon ? 1 : 0
                events.append(shown(artwork, to: user))
                if hasWon { events += EventText.play("sintel", of: user, minutes: 5, of: 15) }
            }
            #expect(try await server.post(events).accepted == events.count)
            let wanted = expected
            let isCounted = try await comesTrue { try await Contract.Report.counts("artwork", server) == wanted }
            let found = try await Contract.Report.counts("artwork", server)
            #expect(isCounted, "\(found), expected \(wanted)")
            // Nothing that is still on its way changes it.
            let isDone = try await applied("attribution_events", served.count + 2 + served.count + 3, server)
            #expect(isDone)
            #expect(try await Contract.Report.counts("artwork", server) == wanted)
        }
    }
}
