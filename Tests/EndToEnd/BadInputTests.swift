import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Bad input is answered in words, and the stream goes on.
    @Suite(.server("body_bytes_max: 2000000\n")) struct BadInputTests {
        /// A body, how it is refused, and a word that the answer must have.
        struct Bad: Sendable, CustomTestStringConvertible {
            var name: String
            var body: Data
            var status: Int
            var words: [String]
            var type = "application/json"
            var testDescription: String { name }

            init(_ name: String, _ body: String, _ status: Int, _ words: String..., type: String = "application/json") {
                (self.name, self.body, self.status, self.words, self.type) = (name, Data(body.utf8), status, words, type)
            }
        }

        static let title = "\"title_id\":\"sintel\""
        static func hidden(_ fields: String, at time: Int64 = millisecondsNow()) -> String {
            EventText.event("title_hidden", of: "bad", fields, at: time)
        }

        static let bodies: [Bad] = {
            let now = millisecondsNow()
            var invalid = Bad("invalid UTF-8", "", 400, "invalid_utf8", "byte 11")
            invalid.body = Data(Array("{\"user_id\":".utf8) + [0xff] + Array("\"}".utf8))
            return [
                Bad("malformed JSON", "{\"user_id\":,}", 400, "byte 11", "malformed_json"),
                Bad("truncated JSON", "{\"user_id\":\"a", 400, "byte 13", "truncated"),
                Bad("NaN", EventText.event("title_rated", of: "bad", "\(title),\"rating\":NaN"), 400, "malformed_json"),
                Bad("an event a line as JSON", hidden(title) + "\n" + hidden(title), 400, "malformed_json", "application/x-ndjson"),
                Bad("10,000 levels", String(repeating: "[", count: 10_000), 400, "too_deep", "byte 64"),
                invalid,
                Bad("empty body", "", 400, "empty"),
                Bad("blanks only", " \n ", 400, "empty"),
                Bad("empty array", "[]", 400, "empty", "no event"),
                Bad("unknown type", EventText.event("nap", of: "bad", title), 422, "$.event_type", "play_start", "title_rated"),
                Bad("missing field", hidden("\"x\":1").replacingOccurrences(of: ",\"x\":1", with: ""), 422, "$.title_id", "missing"),
                Bad("extra field", hidden("\(title),\"mood\":1"), 422, "$.mood", "unknown_field"),
                Bad("wrong type", hidden("\"title_id\":[7]"), 422, "$.title_id", "wrong_type"),
                Bad("duplicate key", hidden("\(title),\(title)"), 422, "$.title_id", "duplicate_key"),
                Bad("1 MB text", hidden("\"title_id\":\"\(String(repeating: "x", count: 1_000_000))\""), 422, "$.title_id", "too_long"),
                Bad("an hour ahead", hidden(title, at: now + 3_600_000), 422, "$.timestamp", "timestamp_in_future"),
                Bad("year 5138", hidden(title, at: 99_999_999_999_999), 422, "$.timestamp", "timestamp_in_future"),
                Bad("before 1970", hidden(title, at: -5), 422, "$.timestamp", "timestamp_too_old"),
                Bad("beyond 64 bits", hidden(title, at: 0).replacingOccurrences(of: ":0,", with: ":9e99,"), 422, "$.timestamp"),
                Bad("not an object", "[7]", 422, "events"),
                Bad("wrong content type", hidden(title), 415, "application/x-ndjson", type: "text/plain"),
                Bad("no content type", hidden(title), 415, "application/json", type: ""),
                Bad("body over the limit", String(repeating: " ", count: 2_000_001), 413, "2000000"),
            ]
        }()

        let server: RunningServer
        init() throws { server = try #require(RunningServer.current) }

        /// A good event is taken and reaches the features.
        private func expectStreamGoesOn(_ user: String) async throws {
            let posted = try await server.post([EventText.search("the stream goes on", of: user)])
            #expect(posted.accepted == 1)
            let profile = try await server.profile(user, after: posted)
            #expect(profile.searches.map(\.query) == ["the stream goes on"])
        }

        @Test(arguments: bodies) func isRefusedByName(_ bad: Bad) async throws {
            let answer = try await Answer.to("POST", server.url + "/v1/events", body: bad.body, headers: ["Content-Type": bad.type])
            #expect(answer.status == bad.status, "\(answer.text.prefix(500))")
            for word in bad.words { #expect(answer.text.contains(word), "\(word) in \(answer.text.prefix(500))") }
            #expect(answer.headers["content-type"] == "application/problem+json")
            let problem = try answer.decoded(Contract.Problem.self)
            #expect(problem.status == bad.status && !problem.type.isEmpty && !problem.title.isEmpty && !problem.detail.isEmpty)
            if bad.status == 422 {
                let posted = try answer.decoded(Contract.Posted.self)
                #expect(posted.accepted == 0 && posted.refused == 1 && posted.failed == 0 && posted.token == nil)
                let fault = try #require(posted.events.first?.errors?.first)
                #expect(problem.detail.contains(fault.path) && problem.detail.contains(fault.message), "\(problem.detail)")
            }
            #expect(answer.headers["x-request-id"] != nil)
            try await expectStreamGoesOn("after-\(bad.name.filter(\.isLetter))")
        }

        @Test func refusesOnlyTheBadOnesOfABatch() async throws {
            let good = EventText.search("good", of: "mixed")
            let lines = [good, "{\"user_id\":", Self.hidden("\"title_id\":1"), EventText.search("better", of: "mixed")].joined(
                separator: "\n")
            let answer = try await server.send("POST", "/v1/events", lines, headers: ["Content-Type": "application/x-ndjson"])
            #expect(answer.status == 202)
            let posted = try answer.decoded(Contract.Posted.self)
            #expect(posted.events.map(\.status) == ["accepted", "refused", "refused", "accepted"])
            #expect(posted.accepted == 2 && posted.refused == 2 && posted.failed == 0)
            let profile = try await server.profile("mixed", after: posted)
            #expect(Set(profile.searches.map(\.query)) == ["good", "better"])
        }

        @Test func whatWouldBeMisreadIsRefused() async throws {
            let packed = try await server.send("POST", "/v1/events", "\u{1f}", headers: ["Content-Encoding": "gzip"])
            #expect(packed.status == 415 && packed.text.contains("gzip"), "\(packed.text)")
            for value in ["1", "TRUE", "yes"] {
                let answer = try await server.send("POST", "/v1/catalog/diff?replace=\(value)", "{\"titles\":[]}")
                #expect(answer.status == 400 && answer.text.contains("replace"), "\(answer.text)")
            }
        }

        @Test func aHeadIsAnsweredWhereAGetIs() async throws {
            for path in ["/healthz", "/readyz", "/metrics"] {
                let answer = try await Answer.to("HEAD", server.url + path)
                #expect(answer.status == 200 && answer.text.isEmpty, "\(path): \(answer.status)")
            }
        }

        @Test func anAnswerIsNotManyTimesItsBody() async throws {
            let body = "[" + Array(repeating: "{\"a\":1,\"b\":2}", count: 2000).joined(separator: ",") + "]"
            let answer = try await server.send("POST", "/v1/events", body)
            #expect(answer.status == 422)
            struct Told: Decodable {
                struct Event: Decodable {
                    struct Fault: Decodable {}
                    var errors: [Fault]
                    var moreErrors: Int?
                }
                var events: [Event]
            }
            let events = try answer.decoded(Told.self).events
            let all = try #require(events.first?.errors.count)
            #expect(all > 2 && events.count == 2000)
            #expect(events.allSatisfy { $0.errors.count + ($0.moreErrors ?? 0) == all && !$0.errors.isEmpty })
            #expect((1000...3000).contains(events.reduce(0) { $0 + $1.errors.count }))
            #expect(events.last?.moreErrors == all - 1)
        }

        /// What a page of the web can have a browser send.
        @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", ""])
        func whatIsNotSaidToBeJSONChangesNothing(_ type: String) async throws {
            for path in ["/v1/catalog?replace=true", "/v1/catalog/diff", "/subjects/web-value/versions"] {
                let headers = ["Content-Type": type, "Origin": "http://a.example"]
                let answer = try await server.send("POST", path, "{\"titles\":[]}", headers: headers)
                #expect(answer.status == 415 && answer.text.contains("application/json"), "\(path): \(answer.text)")
            }
            try await expectStreamGoesOn("after-a-web-page")
        }

        @Test func connectionLostInTheMiddleOfABodyHarmsNobody() async throws {
            let script = """
                import socket, sys
                s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                head = ["POST /v1/events HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 500", "", ""]
                s.sendall("\\r\\n".join(head).encode() + b'{"user_id":')
                s.close()
                """
            let port = try #require(server.url.split(separator: ":").last.map(String.init))
            let run = try await onOwnThread { try ChildProcess.run("python3", ["-c", script, port]) }
            #expect(run.status == 0, "\(run.errors)")
            try await expectStreamGoesOn("after-a-lost-connection")
        }

        @Test func viewerNobodyKnowsGetsAColdPage() async throws {
            for name in ["nobody", "nobody%20with%20blanks", "ni%C3%B1o", String(repeating: "n", count: 256)] {
                let answer = try await server.get("/v1/users/\(name)/home")
                #expect(answer.status == 200)
                let page = try answer.decoded(Contract.Page.self)
                #expect(page.isCold && page.asOf == 0 && !page.rows.isEmpty)
            }
            let tooLong = try await server.get("/v1/users/\(String(repeating: "n", count: 257))/home")
            #expect(tooLong.status == 400)
        }

        @Test func titleNobodyKnowsIsKeptAndNotRanked() async throws {
            let posted = try await server.post(EventText.play("no-such-title", of: "explorer", minutes: 30))
            #expect(posted.accepted == 2)
            let profile = try await server.profile("explorer", after: posted)
            #expect(profile.recentPlays.map(\.titleId) == ["no-such-title"])
            let page = try await server.page("explorer")
            #expect(!page.rows.isEmpty && !page.titles.contains("no-such-title"))
        }

        @Test func wrongParametersAreNamed() async throws {
            for (path, word) in [
                ("/v1/users/a/home?maturity=99", "`maturity`"), ("/v1/users/a/home?rows=none", "`rows`"),
                ("/v1/users/a/home?region=atlantis-and-more", "`region`"), ("/v1/users/a/home?token=x", "`token`"),
                ("/v1/users/a/recommendations?k=0", "`k`"), ("/v1/users?limit=-1", "`limit`"),
                ("/v1/users/a/home?row=1", "`row` is no parameter"), ("/v1/users/a/home?rows=1&items=2&rows=2", "`rows` is given twice"),
                ("/v1/status?verbose", "takes none"),
            ] {
                let answer = try await server.get(path)
                #expect(answer.status == 400, "\(path)")
                #expect(try answer.decoded(Contract.Problem.self).detail.contains(word), "\(path): \(answer.text)")
            }
            let lost = try await server.get("/v1/nowhere")
            #expect(lost.status == 404)
            #expect(try lost.decoded(Contract.Problem.self).detail.contains("/openapi.json"))
        }

        /// Nobody is erased whom the path does not name.
        @Test func pathsThatNameNobodyAreRefused() async throws {
            for (path, word) in [("/v1/users//ann", "empty part"), ("/v1/users/%ff", "%ff")] {
                let answer = try await server.send("DELETE", path, "")
                #expect(answer.status == 400, "\(path)")
                #expect(try answer.decoded(Contract.Problem.self).detail.contains(word), "\(path): \(answer.text)")
            }
        }

        @Test func wrongTitlesAreRefusedWithTheirPaths() async throws {
            let answer = try await server.send("PUT", "/v1/titles/sintel", "{\"title_id\":\"sintel\",\"name\":7,\"maturity\":-3}")
            #expect(answer.status == 422)
            #expect(try answer.decoded(Contract.Problem.self).errors?.isEmpty == false)
            let other = try await server.send("PUT", "/v1/titles/sintel", "{\"title_id\":\"other\",\"name\":\"Other\",\"runtime_min\":3}")
            #expect(other.status == 422)
            let limit = try await server.send("PUT", "/v1/users/a/profile", "{\"maturity_limit\":99}")
            #expect(limit.status == 422)
        }
    }
}
