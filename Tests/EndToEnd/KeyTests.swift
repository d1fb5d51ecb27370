import Foundation
import TestSupport
import Testing

private let keySettings = """
    keys:
      - { name: apps, key: producer-0123456789, role: producer }
      - { name: site, key: reader-0123456789ab, role: reader }
      - { name: desk, key: admin-0123456789abc, role: admin }
    """

extension EndToEndTests {
    /// Who may do what.
    @Suite(.server(keySettings)) struct KeyTests {
        let server: RunningServer
        init() throws { server = try #require(RunningServer.current) }

        private func status(_ method: String, _ path: String, key: String?, body: String = "") async throws -> Int {
            let headers = key.map { ["Authorization": "Bearer \($0)"] } ?? [:]
            if method == "GET" { return try await server.get(path, headers: headers).status }
            return try await server.send(method, path, body, headers: headers).status
        }

        private let producer = "producer-0123456789"
        private let reader = "reader-0123456789ab"
        private let admin = "admin-0123456789abc"

        @Test func requestsWithoutAKnownKeyAreRefused() async throws {
            for key in [nil, "", "producer-012345678x", "producer-0123456789 and more"] as [String?] {
                for path in ["/v1/users/a/home", "/v1/status", "/metrics", "/subjects"] {
                    #expect(try await status("GET", path, key: key) == 401, "\(path) with \(key ?? "no key")")
                }
                #expect(try await status("POST", "/v1/events", key: key, body: EventText.search("a", of: "a")) == 401)
            }
            let answer = try await server.get("/v1/status")
            #expect(answer.headers["www-authenticate"] == "Bearer")
        }

        @Test func probesNeedNoKey() async throws {
            for path in ["/healthz", "/readyz", "/openapi.json"] { #expect(try await status("GET", path, key: nil) == 200, "\(path)") }
        }

        @Test func producersPostAndReadersRead() async throws {
            let event = EventText.search("a", of: "a")
            #expect(try await status("POST", "/v1/events", key: producer, body: event) == 202)
            #expect(try await status("POST", "/v1/events", key: reader, body: event) == 403)
            for path in ["/v1/users/a/home", "/v1/users", "/v1/trending", "/v1/catalog", "/v1/status", "/metrics"] {
                #expect(try await status("GET", path, key: reader) == 200, "\(path)")
                #expect(try await status("GET", path, key: producer) == 403, "\(path)")
            }
            #expect(try await status("GET", "/subjects", key: producer) == 200)
        }

        @Test func onlyAdminsChangeThings() async throws {
            for key in [producer, reader] {
                #expect(try await status("DELETE", "/v1/users/a", key: key) == 403)
                #expect(try await status("PUT", "/v1/users/a/profile", key: key, body: "{\"maturity_limit\":7}") == 403)
                #expect(try await status("POST", "/v1/catalog/diff", key: key, body: "{\"titles\":[]}") == 403)
            }
            #expect(try await status("POST", "/v1/events", key: admin, body: EventText.search("a", of: "a")) == 202)
            #expect(try await status("GET", "/v1/users/a/home", key: admin) == 200)
            #expect(try await status("PUT", "/v1/users/a/profile", key: admin, body: "{\"maturity_limit\":7}") == 200)
            #expect(try await status("POST", "/v1/catalog/diff", key: admin, body: "{\"titles\":[]}") == 200)
            #expect(try await status("DELETE", "/v1/users/a", key: admin) == 202)
        }

        /// As the document says: "For keys of role reader or admin."
        @Test func everyOperationTakesTheRolesThatItNames() async throws {
            let document = try #require(
                try JSONSerialization.jsonObject(with: try await server.get("/openapi.json").body) as? [String: Any])
            var checkedCount = 0
            for (path, operations) in try #require(document["paths"] as? [String: [String: Any]]) {
                for method in operations.keys where ["get", "put", "post", "delete"].contains(method) {
                    let description = try #require((operations[method] as? [String: Any])?["description"] as? String)
                    if description.contains("Needs no key.") { continue }
                    let roles = try #require(description.components(separatedBy: "For keys of role ").dropFirst().last)
                    #expect(roles.contains("admin"), "\(method) \(path)")
                    let place = path.replacing(try Regex("[{][a-z]+[}]"), with: "x")
                    for (role, key) in [("producer", producer), ("reader", reader)] {
                        // A stream that is let in does not end.
                        if path.hasSuffix("/signals") && roles.contains(role) { continue }
                        let status = try await status(method.uppercased(), place, key: key)
                        #expect((status == 403) == !roles.contains(role), "\(method) \(path), \(role): \(status)")
                        #expect(status != 401)
                        checkedCount += 1
                    }
                }
            }
            #expect(checkedCount > 40)
        }

        @Test func refusalsAreCounted() async throws {
            let headers = ["Authorization": "Bearer \(reader)"]
            for (key, code) in [(nil, 401), ("producer-012345678x", 401), (reader, 403)] as [(String?, Int)] {
                let before = try await server.answerCount(code, headers: headers)
                #expect(try await status("POST", "/v1/events", key: key, body: EventText.search("a", of: "a")) == code)
                #expect(try await server.answerCount(code, headers: headers) == before + 1, "\(code)")
            }
        }

        @Test func commandLinePresentsItsKey() async throws {
            let without = try await RecsBinary.run("home", "a", "--url", server.url)
            #expect(without.status == 1 && without.errors.contains("RECS_API_KEY"))
            let wrongRole = try await RecsBinary.run("home", "a", "--url", server.url, "--key", producer)
            #expect(wrongRole.status == 1 && wrongRole.errors.contains("role"))
            let with = try await RecsBinary.run("home", "a", "--url", server.url, "--json", environment: ["RECS_API_KEY": reader])
            #expect(with.status == 0, "\(with.errors)")
        }
    }

    /// What is wrong with the settings is said at once, before anything starts.
    @Suite struct SettingsTests {
        @Test func hostForAllWithoutAKeyIsRefusedWithAllOtherFaults() async throws {
            let folder = try TemporaryFolder()
            let file = folder.path("recs.yaml")
            try """
            listen:
              host: 0.0.0.0
              port: 99999
            partitions: none
            colour: blue
            keys:
              - { name: apps, key: short, role: producer }
              - { name: site, key: reader-0123456789ab, role: king }
            tests:
              - { id: t, title: sintel, variants: [ { id: a, artwork: b } ] }
            log_level: loud
            """.write(toFile: file, atomically: true, encoding: .utf8)
            let run = try await RecsBinary.run(
                "serve", "--config", file, "--log", "stone", "--data", folder.path("data"), environment: ["RECS_PARTITIONS": "many"])
            #expect(run.status == 2)
            #expect(run.output.isEmpty)
            for line in [3, 4, 5, 7, 8, 10, 11] { #expect(run.errors.contains("recs.yaml:\(line):"), "line \(line) in \(run.errors)") }
            for word in ["RECS_PARTITIONS: ", "--log: ", "kafka://HOST:PORT", "use producer, reader or admin", "log_level", "colour"] {
                #expect(run.errors.contains(word), "\(word) in \(run.errors)")
            }
        }

        @Test func hostForAllNeedsAKey() async throws {
            let folder = try TemporaryFolder()
            let run = try await RecsBinary.run("serve", "--host", "0.0.0.0", "--data", folder.path("data"))
            #expect(run.status == 2)
            #expect(run.errors.contains("RECS_ADMIN_KEY"))
            #expect(!FileManager.default.fileExists(atPath: folder.path("data")))
        }

        @Test func hostForAllServesWithAKey() async throws {
            let server = try await RunningServer.start(
                arguments: ["--host", "0.0.0.0"], environment: ["RECS_ADMIN_KEY": "admin-0123456789abc"])
            #expect(try await server.get("/v1/status").status == 401)
            #expect(try await server.get("/v1/status", headers: ["X-API-Key": "admin-0123456789abc"]).status == 200)
            #expect(try await server.end() == 0)
        }

        @Test func requestsOverTheRateAreRefusedAndCounted() async throws {
            let server = try await RunningServer.start(configuration: "requests_per_second_max: 1\n")
            // One a second may pass, and twenty come together.
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await server.get("/v1/users/a/home") } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(Set(answers.map(\.status)) == [200, 429])
            #expect(answers.allSatisfy { $0.status == 200 || $0.headers["retry-after"] != nil })
            let refusedCount = answers.count { $0.status == 429 }
            let isCounted = try await comesTrue { try await server.answerCount(429) >= refusedCount }
            #expect(isCounted)
            #expect(try await server.end() == 0)
        }

        @Test func namedFileThatIsNotThereIsAFault() async throws {
            let run = try await RecsBinary.run("serve", "--config", "no-such-file.yaml")
            #expect(run.status == 2 && run.errors.contains("no-such-file.yaml"))
        }

        @Test func portInUseIsSaidClearly() async throws {
            let first = try await RunningServer.start()
            let port = try #require(first.url.split(separator: ":").last.map(String.init))
            let folder = try TemporaryFolder()
            let second = try await RecsBinary.run("serve", "--port", port, "--data", folder.path("data"))
            #expect(second.status == 1)
            #expect(second.errors.contains("port \(port)") && second.errors.contains("--port"), "\(second.errors)")
            let sameFolder = try await RecsBinary.run("serve", "--port", "0", "--data", first.folder.path("data"))
            #expect(sameFolder.status == 1, "\(sameFolder.errors)")
            #expect(sameFolder.errors.contains("data folder"), "\(sameFolder.errors)")
            #expect(try await first.end() == 0)
        }
    }
}
