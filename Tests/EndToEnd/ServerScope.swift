import Foundation
import TestSupport
import Testing

/// Gives the tests of a suite one server, started before the first and stopped after the last.
struct ServerScope: SuiteTrait, TestScoping {
    var configuration = "log_level: info\n"
    var arguments: [String] = []
    /// Events of simulated viewers that the server has taken in before the first test; their truth is `truth.json` in its folder.
    var simulatedCount = 0
    /// The days that they cover.
    var simulatedDays = 7
    var isRecursive: Bool { false }

    func provideScope(for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void) async throws
    {
        let server = try await RunningServer.start(configuration: configuration, arguments: arguments)
        if simulatedCount > 0 { try await simulate(server) }
        try await RunningServer.$current.withValue(server) { try await function() }
        try await server.end()
    }

    private func simulate(_ server: RunningServer) async throws {
        let run = try await RecsBinary.run(
            "simulate", "--url", server.url, "--users", "100", "--events", "\(simulatedCount)", "--seed", "7",
            "--days", "\(simulatedDays)", "--truth", server.folder.path("truth.json"), "--json")
        guard run.status == 0 else { throw NotServing(description: "recs simulate failed: \(run.errors)") }
        try run.output.write(toFile: server.folder.path("simulated.json"), atomically: true, encoding: .utf8)
        _ = try await server.caughtUp(received: simulatedCount)
    }
}

extension Trait where Self == ServerScope {
    /// One server with these settings for the whole suite.
    static func server(_ configuration: String = "log_level: info\n", simulatedCount: Int = 0, simulatedDays: Int = 7) -> Self {
        ServerScope(configuration: configuration, simulatedCount: simulatedCount, simulatedDays: simulatedDays)
    }
}
