import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// A service that cannot work yet: it says what it waits for, and ends when it is told to.
    @Suite struct StartupTests {
        /// `recs serve` that looks for its schema registry or its broker where nobody listens yet.
        private struct WaitingServer {
            let url: String
            let process: ChildProcess
            let folder: TemporaryFolder

            init(_ option: String, port awaited: Int) throws {
                folder = try TemporaryFolder()
                let port = freePort()
                url = "http://127.0.0.1:\(port)"
                let address = (option == "--log" ? "kafka" : "http") + "://127.0.0.1:\(awaited)"
                process = try ChildProcess(
                    RecsBinary.path, ["serve", "--data", folder.path("data"), "--port", "\(port)", option, address])
            }

            func readiness() async throws -> Answer { try await Answer.to("GET", url + "/readyz") }

            /// Comes true once it says that it waits.
            func waits() async -> Bool { await comesTrue { (try? await readiness())?.text.contains("waiting for the ") == true } }

            func end() async throws -> Int32 {
                process.signal(SIGTERM)
                return try await onOwnThread { [process] in process.wait() }
            }
        }

        @Test func probesTellWhatIsWaitedForUntilItIsThere() async throws {
            let registryPort = freePort()
            let server = try WaitingServer("--registry", port: registryPort)
            defer { if server.process.isRunning { server.process.signal(SIGTERM) } }
            #expect(await server.waits())
            #expect(try await Answer.to("GET", server.url + "/healthz").status == 200)
            #expect(try await server.readiness().status == 503)
            let event = Data(EventText.event("title_rated", of: "u", "\"title_id\":\"sintel\",\"rating\":4").utf8)
            let json = ["Content-Type": "application/json"]
            let refused = try await Answer.to("POST", server.url + "/v1/events", body: event, headers: json)
            #expect(
                refused.status == 503 && refused.headers["retry-after"] == "1" && refused.text.contains("waiting for the schema registry"))
            let status = try await RecsBinary.run("status", "--url", server.url)
            #expect(status.status != 0 && status.errors.contains("waiting for the schema registry"), "\(status)")

            let registry = try await RunningServer.start(arguments: ["--port", "\(registryPort)"])
            let isReady = try await comesTrue { try await server.readiness().status == 200 }
            #expect(isReady, "\(server.process.standardError)")
            #expect(try await Answer.to("POST", server.url + "/v1/events", body: event, headers: json).status == 202)
            #expect(try await server.end() == 0)
            try await registry.end()
        }

        @Test(arguments: ["--registry", "--log"]) func whatWaitsEndsWhenToldTo(_ option: String) async throws {
            let server = try WaitingServer(option, port: freePort())
            #expect(await server.waits())
            #expect(try await server.end() == 0)
        }
    }
}
