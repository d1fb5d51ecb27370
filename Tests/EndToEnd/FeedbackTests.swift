import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What a viewer says, and what the operator changes, holds on the next page.
    @Suite(.server()) struct FeedbackTests {
        let server: RunningServer
        init() throws { server = try #require(RunningServer.current) }

        /// A title that stands on the page outside continue watching.
        private func shownTitle(_ user: String) async throws -> String {
            try #require(try await server.page(user).rows.first { $0.id != "continue_watching" }?.items.first?.titleId)
        }

        @Test func hiddenTitleIsGoneFromTheNextPage() async throws {
            let title = try await shownTitle("hider")
            let posted = try await server.post([EventText.event("title_hidden", of: "hider", "\"title_id\":\"\(title)\"")])
            let page = try await server.page("hider", after: posted)
            #expect(page.warnings.isEmpty)
            #expect(!page.titles.contains(title))
        }

        @Test func ratingsMoveTheGenresOfTheNextPage() async throws {
            func score(_ user: String) async throws -> Double? {
                try await server.get("/v1/users/\(user)/recommendations?k=500").decoded(Contract.Ranking.self).items
                    .first { $0.titleId == "tears-of-steel" }?.score
            }
            let before = try #require(try await score("lover"))
            for (user, rating) in [("lover", "5.0"), ("hater", "0.5")] {
                let posted = try await server.post([
                    EventText.event("title_rated", of: user, "\"title_id\":\"elephants-dream\",\"rating\":\(rating)")
                ])
                let profile = try await server.profile(user, after: posted)
                #expect(profile.ratings.map(\.titleId) == ["elephants-dream"])
            }
            let loved = try #require(try await score("lover"))
            let hated = try #require(try await score("hater"))
            #expect(loved > before)
            #expect(hated < loved)
        }

        @Test func myListIsARowOfItsOwn() async throws {
            func mark(_ type: String, _ title: String) async throws -> [String] {
                let posted = try await server.post([EventText.event(type, of: "collector", "\"title_id\":\"\(title)\"")])
                return try await server.page("collector", after: posted).row("my_list")?.items.map(\.titleId) ?? []
            }
            #expect(try await mark("my_list_added", "sintel") == ["sintel"])
            #expect(try await Set(mark("my_list_added", "big-buck-bunny")) == ["sintel", "big-buck-bunny"])
            #expect(try await mark("my_list_removed", "sintel") == ["big-buck-bunny"])
        }

        @Test func titleRemovedFromContinueWatchingStaysAwayUntilItIsPlayedAgain() async throws {
            func watching(after posted: Contract.Posted) async throws -> [String] {
                try await server.page("viewer", after: posted).row("continue_watching")?.items.map(\.titleId) ?? []
            }
            let begun = try await server.post(EventText.play("sintel", of: "viewer", minutes: 4, of: 15))
            #expect(try await watching(after: begun) == ["sintel"])
            let removed = try await server.post([EventText.event("continue_watching_removed", of: "viewer", "\"title_id\":\"sintel\"")])
            #expect(try await watching(after: removed) == [])
            let again = try await server.post([
                EventText.event("play_start", of: "viewer", "\"title_id\":\"sintel\",\"position_ms\":240000", at: millisecondsNow() + 1000),
                EventText.event(
                    "play_stop", of: "viewer",
                    "\"title_id\":\"sintel\",\"position_ms\":400000,\"watched_ms\":160000,\"duration_ms\":900000",
                    at: millisecondsNow() + 2000),
            ])
            #expect(try await watching(after: again) == ["sintel"])
        }

        @Test func aPlayChangesTheNextPage() async throws {
            let posted = try await server.post(EventText.play("elephants-dream", of: "newcomer", minutes: 11, of: 11))
            let page = try await server.page("newcomer", after: posted)
            #expect(!page.isCold)
            #expect(page.rows.contains { $0.id.hasPrefix("because") }, "\(page.rows.map(\.id))")
            #expect(page.rows.filter { $0.id != "continue_watching" }.allSatisfy { !$0.items.contains { $0.titleId == "elephants-dream" } })
        }

        @Test func profilesMaturityLimitHoldsInEveryRow() async throws {
            struct Catalog: Decodable {
                struct Title: Decodable {
                    var titleId: String
                    var maturity: Int
                }
                var titles: [Title]
            }
            let titles = try await server.get("/v1/catalog").decoded(Catalog.self).titles
            let grown = Set(titles.filter { $0.maturity > 7 }.map(\.titleId))
            let first = try #require(grown.sorted().first)
            let posted = try await server.post(
                EventText.play(first, of: "child", minutes: 20) + [
                    EventText.event("my_list_added", of: "child", "\"title_id\":\"\(first)\"")
                ])
            let before = try await server.page("child", after: posted)
            #expect(before.titles.contains(first))
            #expect(try await server.send("PUT", "/v1/users/child/profile", "{\"maturity_limit\":7}").status == 200)
            let page = try await server.page("child")
            #expect(!page.rows.isEmpty && grown.isDisjoint(with: page.titles))
            let wish = try await server.page("child", query: "&maturity=18")
            #expect(grown.isDisjoint(with: wish.titles), "a request may not lift the profile's limit")
            // A slip of the pen lifts no limit.
            for (body, status, word) in [
                ("{}", 400, "maturity_limit"), ("{\"maturityLimit\":18}", 400, "maturityLimit"),
                ("{\"maturity_limit\":7,\"maturity\":18}", 400, "`maturity`"), ("{\"maturity_limit\":\"18\"}", 422, "`18`"),
                ("{\"maturity_limit\":19}", 422, "19"), ("[]", 400, "object"),
            ] {
                let answer = try await server.send("PUT", "/v1/users/child/profile", body)
                #expect(answer.status == status && answer.text.contains(word), "\(body): \(answer.text)")
            }
            #expect(try await server.page("child").titles.isDisjoint(with: grown))
            #expect(try await server.send("PUT", "/v1/users/child/profile", "{\"maturity_limit\":null}").status == 200)
            #expect(try await server.page("child").titles.contains(first))
        }

        @Test func regionalTitleIsShownInItsRegionOnly() async throws {
            let title = """
                {"title_id":"only-in-eu","name":"Only In EU","genres":["Drama"],"runtime_min":90,"year":2020,"maturity":0,"regions":["EU"],\
                "artworks":["only-in-eu-a"],"added_at":"2026-01-01","available":true}
                """
            let answer = try await server.send("PUT", "/v1/titles/only-in-eu", title)
            #expect(answer.status == 200, "\(answer.text)")
            let begun = try await server.post(EventText.play("only-in-eu", of: "traveller", minutes: 20, of: 90))
            let atHome = try await comesTrue {
                try await server.page("traveller", after: begun, query: "&region=EU").titles.contains("only-in-eu")
            }
            #expect(atHome)
            #expect(try await !server.page("traveller", query: "&region=SEA").titles.contains("only-in-eu"))
        }

        @Test func withdrawnTitleDisappearsAndComesBack() async throws {
            let document = try await server.get("/v1/titles/caminandes-llamigos")
            let text = document.status == 200 ? document.text : try await server.get("/v1/titles/sintel").text
            let id = document.status == 200 ? "caminandes-llamigos" : "sintel"
            let begun = try await server.post([EventText.event("my_list_added", of: "keeper", "\"title_id\":\"\(id)\"")])
            #expect(try await server.page("keeper", after: begun).row("my_list")?.items.map(\.titleId) == [id])
            for (isAvailable, expected) in [(false, []), (true, [id])] {
                let changed = text.replacingOccurrences(
                    of: "\"available\":\(!isAvailable)", with: "\"available\":\(isAvailable)"
                ).replacingOccurrences(of: "\"available\" : \(!isAvailable)", with: "\"available\" : \(isAvailable)")
                let answer = try await server.send("PUT", "/v1/titles/\(id)", changed)
                #expect(answer.status == 200, "\(answer.text)")
                let holds = try await comesTrue {
                    let page = try await server.page("keeper")
                    return page.titles.contains(id) == isAvailable && (page.row("my_list")?.items.map(\.titleId) ?? []) == expected
                }
                #expect(holds, "available \(isAvailable)")
            }
        }

        @Test func erasedViewerIsColdAgain() async throws {
            let posted = try await server.post(EventText.play("sintel", of: "leaver", minutes: 14, of: 15))
            #expect(try await !server.page("leaver", after: posted).isCold)
            struct Erasure: Decodable { var token: String }
            let erased = try await server.send("DELETE", "/v1/users/leaver", "")
            #expect(erased.status == 202)
            let token = try erased.decoded(Erasure.self).token
            let page = try await server.get("/v1/users/leaver/home?token=\(token)").decoded(Contract.Page.self)
            #expect(page.isCold)
            let profile = try await server.profile("leaver")
            #expect(profile.recentPlays.isEmpty && profile.positions.isEmpty && profile.taste.values.allSatisfy(\.isEmpty))
        }
    }
}
