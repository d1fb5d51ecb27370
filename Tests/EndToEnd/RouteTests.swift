import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// What the API says of itself is what it does.
    @Suite(.server("body_bytes_max: 65536\n")) struct RouteTests {
        let server: RunningServer
        init() throws { server = try #require(RunningServer.current) }

        /// A value for each parameter of a path.
        private static let parameters = [
            "user": "viewer", "title": "sintel", "test": "none", "session": "s", "subject": "play_events-recs.events.play_start",
            "version": "latest", "id": "1",
        ]

        private struct Route: Hashable {
            var method: String
            var path: String
        }

        private func listedPaths() async throws -> [String: [String: Any]] {
            let answer = try await server.get("/openapi.json")
            let document = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
            return try #require(document["paths"] as? [String: [String: Any]])
        }

        private func listedRoutes() async throws -> Set<Route> {
            let paths = try await listedPaths()
            var routes: Set<Route> = []
            for (path, operations) in paths {
                for method in operations.keys where ["get", "put", "post", "delete"].contains(method) {
                    routes.insert(Route(method: method.uppercased(), path: path))
                }
            }
            return routes
        }

        /// The routes that the sources register, read from their text: `group.get("users/:user/home")` and the like.
        private func registeredRoutes() throws -> Set<Route> {
            let folder = Repository.root.appendingPathComponent("Sources/Service/API")
            let pattern = try Regex(#"(router|group|readers|writers)\.(get|put|post|delete)\("([^"]+)"\)"#)
            var routes: Set<Route> = []
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
                for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
                    let (method, text) = (String(match.output[2].substring ?? ""), String(match.output[3].substring ?? ""))
                    if text.hasSuffix("**") { continue }
                    let isOutside = ["healthz", "readyz", "openapi.json", "metrics", "subjects", "schemas"].contains {
                        text == $0 || text.hasPrefix($0 + "/")
                    }
                    let whole = isOutside || text.hasPrefix("v1/") ? "/\(text)" : "/v1/\(text)"
                    let path = whole.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
                    routes.insert(Route(method: method.uppercased(), path: "/" + path.joined(separator: "/")))
                }
            }
            return routes
        }

        @Test func everyRouteIsListedAndNothingElse() async throws {
            let listed = try await listedRoutes()
            let registered = try registeredRoutes()
            #expect(registered.count > 20)
            #expect(registered.subtracting(listed) == [], "answered, not listed")
            #expect(listed.subtracting(registered) == [], "listed, not answered")
        }

        /// What is not listed is refused before a route could read it.
        @Test func everyQueryParameterThatIsReadIsListed() async throws {
            var listed: Set<String> = []
            for operations in try await listedPaths().values {
                for case let operation as [String: Any] in operations.values {
                    for parameter in operation["parameters"] as? [[String: Any]] ?? [] where parameter["in"] as? String == "query" {
                        listed.insert(try #require(parameter["name"] as? String))
                    }
                }
            }
            let folder = Repository.root.appendingPathComponent("Sources/Service/API")
            let pattern = try Regex(#"(text|integer|flag)\("([a-z_]+)""#)
            var read: Set<String> = []
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
                let source = try String(contentsOf: file, encoding: .utf8)
                guard source.contains("Query") else { continue }
                for match in source.matches(of: pattern) { read.insert(String(match.output[2].substring ?? "")) }
            }
            #expect(read.isSuperset(of: ["k", "rows", "token", "last_event_id"]))
            #expect(read.subtracting(listed) == [])
        }

        @Test func everyRouteWithKeysListsHowTheyAreRefused() async throws {
            for (path, operations) in try await listedPaths() where !["/healthz", "/readyz", "/openapi.json"].contains(path) {
                for (method, operation) in operations {
                    let responses = try #require((operation as? [String: Any])?["responses"] as? [String: Any])
                    #expect(Set(responses.keys).isSuperset(of: ["401", "403", "429"]), "\(method) \(path)")
                }
            }
        }

        @Test func everyListedRouteAnswers() async throws {
            for route in try await listedRoutes() where !route.path.hasSuffix("/signals") {
                var path = route.path
                for (name, value) in Self.parameters { path = path.replacingOccurrences(of: "{\(name)}", with: value) }
                #expect(!path.contains("{"), "no value for \(route.path)")
                let answer = try await route.method == "GET" ? server.get(path) : server.send(route.method, path, "")
                #expect(answer.status < 500, "\(route): \(answer.text)")
                #expect(!answer.text.contains("there is nothing at"), "\(route): \(answer.text)")
                #expect(answer.headers["x-request-id"] != nil)
            }
        }

        @Test func anotherMethodIsRefusedWithThoseThatAreTaken() async throws {
            for (path, operations) in try await listedPaths() {
                var place = path
                for (name, value) in Self.parameters { place = place.replacingOccurrences(of: "{\(name)}", with: value) }
                let answer = try await server.send("PATCH", place, "{}")
                #expect(answer.status == 405, "\(path): \(answer.text)")
                let allowed = Set((answer.headers["allow"] ?? "").components(separatedBy: ", "))
                let taken = Set(operations.keys.filter { ["get", "put", "post", "delete"].contains($0) }.map { $0.uppercased() })
                #expect(allowed == taken.union(taken.contains("GET") ? ["HEAD"] : []), "\(path)")
            }
            #expect(try await server.send("PATCH", "/v1/nowhere", "{}").status == 404)
            #expect(try await server.send("PATCH", "/v1/titles", "{}").status == 404)
        }

        @Test func probesTellLifeAndReadiness() async throws {
            #expect(try await server.get("/healthz").status == 200)
            let ready = try await server.get("/readyz").decoded(Contract.Readiness.self)
            #expect(ready.status == "ready" && ready.reasons.isEmpty)
        }

        /// A token of events that the features cannot have yet: the wait is bounded, and the answer says that it was in vain.
        @Test(arguments: ["profile", "export", "continue-watching", "recommendations"])
        func readsSayWhereTheTokensEventsAreNotIn(route: String) async throws {
            let token = (0..<4).map { "0.\($0).999999" }.joined(separator: "-")
            let answer = try await server.get("/v1/users/a/\(route)?token=\(token)")
            #expect(answer.status == 200 && answer.text.contains("\"is_current\":false"), "\(answer.text)")
            let current = try await server.get("/v1/users/a/\(route)")
            #expect(current.text.contains("\"is_current\":true"), "\(current.text)")
        }

        @Test func aTokenOfAnotherLogIsSaidToBeOne() async throws {
            let page = try await server.get("/v1/users/a/home?token=0.99.0")
            #expect(page.status == 200 && page.text.contains("the token is of another log"), "\(page.text)")
            let profile = try await server.get("/v1/users/a/profile?token=0.99.0")
            #expect(profile.status == 200 && profile.text.contains("\"is_current\":false"), "\(profile.text)")
        }

        @Test func everyStatusCodeIsCounted() async throws {
            let event = EventText.search("counted", of: "a")
            let requests: [(method: String, path: String, body: String, type: String, code: Int)] = [
                ("GET", "/v1/users/a/home", "", "", 200), ("PUT", "/v1/users/a/profile", "{\"maturity_limit\":7}", "application/json", 200),
                ("POST", "/v1/events", event, "application/json", 202), ("DELETE", "/v1/users/a", "", "", 202),
                ("GET", "/v1/users/a/home?rows=0", "", "", 400), ("POST", "/v1/events", "{", "application/json", 400),
                ("GET", "/v1/titles/no-such-title", "", "", 404), ("GET", "/nowhere", "", "", 404), ("POST", "/nowhere", "{}", "", 404),
                ("POST", "/v1/events", String(repeating: " ", count: 70_000), "application/json", 413),
                ("POST", "/v1/events", event, "text/plain", 415),
                ("POST", "/v1/events", "{\"event_type\":\"nap\"}", "application/json", 422),
                ("PUT", "/v1/titles/sintel", "{\"title_id\":7}", "application/json", 422),
            ]
            for request in requests {
                let before = try await server.answerCount(request.code)
                let body = request.method == "GET" ? nil : Data(request.body.utf8)
                let answer = try await Answer.to(
                    request.method, server.url + request.path, body: body, headers: ["Content-Type": request.type])
                #expect(answer.status == request.code, "\(request.method) \(request.path): \(answer.text)")
                // The metrics that were asked for before are themselves a 200.
                let own = request.code == 200 ? 1 : 0
                #expect(try await server.answerCount(request.code) == before + 1 + own, "\(request.method) \(request.path)")
            }
        }
    }
}
