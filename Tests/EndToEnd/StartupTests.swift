import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// A service that cannot work yet: it says what it waits for, and ends when it is told to.
    @Suite struct StartupTests {
        /// `recs serve` that looks for its schema registry where nobody listens yet.
        private struct WaitingServer {
            let url: String
            let process: ChildProcess
            let folder: TemporaryFolder

            init(registryPort: Int) throws {
                folder = try TemporaryFolder()
                let port = freePort()
                url = "http://127.0.0.1:\(port)"
                process = try ChildProcess(
                    RecsBinary.path,
                    ["serve", "--data", folder.path("data"), "--port", "\(port)", "--registry", "http://127.0.0.1:\(registryPort)"])
            }

            func readiness() async throws -> Answer { try await Answer.to("GET", url + "/readyz") }

            /// Waits until it says that it waits for the registry.
            func waitsForRegistry() async -> Bool {
                await comesTrue { (try? await readiness())?.text.contains("waiting for the schema registry") == true }
            }

            func end() async throws -> Int32 {
                process.signal(SIGTERM)
                return try await onOwnThread { [process] in process.wait() }
            }
        }

        @Test func probesTellWhatIsWaitedForUntilItIsThere() async throws {
            let registryPort = freePort()
            let server = try WaitingServer(registryPort: registryPort)
            defer { server.process.signal(SIGTERM) }
            #expect(await server.waitsForRegistry())
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

        @Test func whatWaitsEndsWhenToldTo() async throws {
            let server = try WaitingServer(registryPort: freePort())
            #expect(await server.waitsForRegistry())
            #expect(try await server.end() == 0)
        }
    }
}
