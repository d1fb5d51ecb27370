import Foundation
import TestSupport
import Testing

/// The settings of the demo, which run a thumbnail test on the shipped catalogue.
let demoSettings = (try? String(contentsOf: Repository.root.appendingPathComponent("Data/demo.yaml"), encoding: .utf8)) ?? ""

extension EndToEndTests {
    /// The main way: simulated viewers in, pages, explanations and reports out, through the command line.
    @Suite(.server(demoSettings, simulatedCount: 3000)) struct SimulatedViewersTests {
        let server: RunningServer
        let truth: Contract.Truth

        init() throws {
            server = try #require(RunningServer.current)
            let file = try Data(contentsOf: URL(fileURLWithPath: server.folder.path("truth.json")))
            truth = try Answer.decoded(Contract.Truth.self, from: file)
        }

        private func run<T: Decodable>(_ arguments: String..., as type: T.Type) async throws -> T {
            let run = try await RecsBinary.run(arguments + ["--url", server.url, "--json"])
            #expect(run.status == 0, "\(arguments): \(run.errors)")
            return try Answer.decoded(type, from: Data(run.output.utf8))
        }

        @Test func simulateTellsWhatWasAccepted() throws {
            struct Counts: Decodable {
                var accepted: Int
                var refused: Int
            }
            let text = try Data(contentsOf: URL(fileURLWithPath: server.folder.path("simulated.json")))
            let counts = try JSONDecoder().decode(Counts.self, from: text)
            #expect(counts.accepted == truth.counts.sent)
            #expect(counts.refused == 0)
        }

        @Test func ledgerAddsUpInEveryJobAndKnowsTheTruth() async throws {
            let status = try await run("status", as: Contract.ServiceStatus.self)
            #expect(status.ready)
            #expect(status.jobs.count == 8)
            for job in status.jobs { #expect(job.addsUp, "\(job)") }
            let jobs = status.jobs.filter { Contract.publicTopics.contains($0.topic) }
            #expect(jobs.reduce(0) { $0 + $1.received } == truth.counts.sent)
            #expect(jobs.reduce(0) { $0 + $1.applied } == truth.counts.distinct - truth.counts.bots)
            #expect(jobs.reduce(0) { $0 + $1.duplicate } == truth.counts.duplicates)
            #expect(jobs.reduce(0) { $0 + $1.deadLettered } == 0)
        }

        @Test func everyPageHoldsToItsContract() async throws {
            let viewers = truth.viewers.filter { $0.playCount > 0 && !$0.isBot }
            #expect(viewers.count > 20)
            for viewer in viewers {
                let page = try await server.page(viewer.user)
                #expect(page.user == viewer.user && !page.isCold && page.asOf > 0)
                #expect(page.warnings.isEmpty)
                #expect(page.rows.allSatisfy { !$0.title.isEmpty && !$0.items.isEmpty })
                let items = page.rows.filter { $0.id != "continue_watching" }.flatMap(\.items)
                #expect(items.count == Set(items.map(\.titleId)).count, "\(viewer.user) sees a title twice")
                for row in page.rows { #expect(Set(row.items.map(\.titleId)).count == row.items.count) }
                #expect(items.allSatisfy { !$0.source.isEmpty && !$0.evidence.isEmpty && $0.score.isFinite && $0.artworkId != nil })
            }
        }

        @Test func homeIsTheAPIsAnswer() async throws {
            let user = try #require(truth.viewers.first { $0.playCount > 0 && !$0.isBot }).user
            let page = try await run("home", user, as: Contract.Page.self)
            #expect(page.user == user)
            let first = try #require(page.rows.first)
            let table = try await RecsBinary.run("home", user, "--url", server.url)
            #expect(table.status == 0 && table.output.contains("[\(first.id)]"))
        }

        @Test func scoresAreTheSumsOfTheirParts() async throws {
            let user = try #require(truth.viewers.first { $0.playCount > 2 && !$0.isBot }).user
            let page = try await server.page(user)
            #expect(!page.rows.isEmpty)
            for item in page.rows.flatMap(\.items) {
                #expect(abs(item.parts.values.reduce(0, +) - item.score) < 1e-4, "\(item)")
            }
        }

        @Test func explanationTellsWhatIsBelieved() async throws {
            struct Explanation: Decodable {
                var user: String
                var asOf: Int64
                var taste: [String: [String: Double]]
                var recentPlays: [Contract.Profile.Play]
                var freshness: [Freshness]
                var places: [Place]
                var page: Contract.Page
            }
            struct Freshness: Decodable {
                var topic: String
                var lag: Int64
            }
            struct Place: Decodable {
                var testId: String
                var variantId: String
            }
            let viewer = try #require(truth.viewers.first { $0.playCount > 2 && !$0.isBot })
            let explanation = try await run("explain", "user", viewer.user, as: Explanation.self)
            #expect(Set(explanation.taste.keys) == ["1h", "24h", "7d", "lifetime"])
            #expect(!(explanation.taste["lifetime"] ?? [:]).isEmpty)
            #expect(!explanation.recentPlays.isEmpty && !explanation.page.rows.isEmpty)
            #expect(explanation.freshness.count == 8 && explanation.freshness.allSatisfy { $0.lag >= 0 })
            #expect(explanation.places.map(\.testId) == ["sintel-artwork"])
            let text = try await RecsBinary.run("explain", "user", viewer.user, "--url", server.url)
            #expect(text.status == 0)
            for word in ["TASTE", "EVENTS", "TESTS", "= parts", "records on the log not in the features yet"] {
                #expect(text.output.contains(word))
            }
        }

        @Test func recentViewersAreListedNewestFirst() async throws {
            let users = try await run("users", "--limit", "5", as: Contract.Users.self).users.map(\.user)
            #expect(users.count == 5)
            let known = Set(truth.viewers.filter { !$0.isBot }.map(\.user))
            #expect(known.isSuperset(of: users))
        }

        @Test func recommendationsLeaveOutWhatWasPlayed() async throws {
            let user = try #require(truth.viewers.max { $0.playCount < $1.playCount && !$1.isBot }).user
            let played = Set(try await server.profile(user).played)
            #expect(!played.isEmpty)
            let ranking = try await server.get("/v1/users/\(user)/recommendations?k=200").decoded(Contract.Ranking.self)
            #expect(played.isDisjoint(with: ranking.items.map(\.titleId)))
            #expect(ranking.items.count + played.count >= 100)
        }

        @Test func reportComesAsJSONAsTableAndAsPicture() async throws {
            let picture = server.folder.path("report.svg")
            let json = try await RecsBinary.run(
                "experiments", "report", "sintel-artwork", "--url", server.url, "--json", "--svg", picture)
            #expect(json.status == 0, "\(json.errors)")
            #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [String: Any])
            #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("<svg"))
            let table = try await RecsBinary.run("experiments", "report", "sintel-artwork", "--url", server.url)
            for variant in ["control", "dragon", "snow"] { #expect(table.output.contains(variant)) }
            let unknown = try await RecsBinary.run("experiments", "report", "no-such-test", "--url", server.url)
            #expect(unknown.status == 1 && unknown.output.isEmpty && unknown.errors.contains("sintel-artwork"))
        }

        @Test func trendingAndSimilarTitlesAreAnswered() async throws {
            let trending = try await server.get("/v1/trending?region=SEA&k=5").decoded(Contract.Ranking.self)
            #expect(trending.items.count == 5)
            let similar = try await server.get("/v1/titles/sintel/similar?k=5").decoded(Contract.Ranking.self)
            #expect(similar.items.count == 5 && !similar.items.contains { $0.titleId == "sintel" })
        }

        /// Whatever rests on title counts says when they were read.
        @Test func answersTellHowOldTheirCountsAre() async throws {
            struct Fresh: Decodable { var snapshotAt: Int64 }
            let user = try #require(truth.viewers.first { $0.playCount > 0 && !$0.isBot }).user
            for path in [
                "/v1/trending", "/v1/titles/sintel/similar", "/v1/users/\(user)/recommendations", "/v1/users/\(user)/home",
                "/v1/experiments/sintel-artwork/report",
            ] {
                let at = try await server.get(path).decoded(Fresh.self).snapshotAt
                #expect(millisecondsNow() - at < 60_000, "\(path)")
            }
            let text = try await RecsBinary.run("experiments", "report", "sintel-artwork", "--url", server.url)
            #expect(text.output.contains("counts of 2"), "\(text.output)")
        }

        /// `promtool` of Debian's `prometheus` is the format's own judge.
        @Test func metricsPassTheirOwnJudge() async throws {
            let text = try await server.get("/metrics")
            #expect(text.status == 200)
            let verdict = try await onOwnThread {
                try ChildProcess.run("promtool", ["check", "metrics"], input: text.body)
            }
            #expect(verdict.status != 127, "promtool is missing: apt-get install prometheus")
            #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
            #expect(text.text.contains("recs_gateway_events_total{verdict=\"accepted\"} 3000"))
            #expect(text.text.contains("recs_http_requests_total{"))
        }
    }
}
