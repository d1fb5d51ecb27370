import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// `recs work` beside a server without jobs.
    @Suite struct WorkerTests {
        /// A socket's path may have some hundred bytes (unix(7)); beyond that it is not in the data folder.
        @Test(arguments: [1, 30]) func findsTheRedisOfTheServerInItsDataFolder(length: Int) async throws {
            let folder = try TemporaryFolder()
            let data = folder.path(String(repeating: "long", count: length))
            let server = try await RunningServer.start(in: folder, arguments: ["--data", data, "--no-jobs"])
            let worker = try ChildProcess(
                RecsBinary.path,
                ["work", "--topic", "search_events", "--data", data, "--config", folder.path("recs.yaml"), "--port", "0"])
            #expect(try await server.post([EventText.search("found", of: "seeker")]).accepted == 1)
            let isTakenIn = try await comesTrue { try await server.profile("seeker").searches.map(\.query) == ["found"] }
            #expect(isTakenIn, "\(worker.standardError)")
            // It serves probes and metrics; what it does not serve is not there, by whatever method.
            let url = try #require(worker.standardError.firstMatch(of: /listens on (http:\/\/\S+)/)).output.1
            for (method, path, code) in [("GET", "/healthz", 200), ("GET", "/v1/events", 404), ("POST", "/v1/events", 404)] {
                #expect(try await Answer.to(method, url + path, body: Data(), servesAPI: false).status == code, "\(method) \(path)")
            }
            worker.signal(SIGTERM)
            let status = try await onOwnThread { worker.wait() }
            #expect(status == 0, "\(worker.standardError)")
            #expect(try await server.end() == 0)
        }
    }
}
