import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// A job that fails again and again is started again and again, says why, and disturbs no other.
    @Suite struct SupervisorTests {
        /// What has become of one viewer's stored searches, and what the job says of it.
        enum Damage: CaseIterable, Sendable {
            case garbage
            case foreignLog

            var words: String {
                switch self {
                case .garbage: "rebuild it by replay"
                case .foreignLog: "made from another log"
                }
            }
        }

        @discardableResult
        private func redis(_ server: RunningServer, _ arguments: String...) throws -> String {
            let run = try ChildProcess.run("redis-cli", ["-e", "-s", server.folder.path("data/redis/redis.sock")] + arguments)
            guard run.status == 0 else { throw NotServing(description: "\(arguments): \(run.output)\(run.errors)") }
            return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// Damages the value under a key; a sound copy is under `kept`.
        private func inflict(_ damage: Damage, on key: String, _ server: RunningServer) throws {
            try redis(server, "COPY", key, "kept")
            switch damage {
            case .garbage: try redis(server, "SET", key, "no value")
            // The log's generation is what a value begins with.
            case .foreignLog: try redis(server, "SETRANGE", key, "0", "otherlog")
            }
        }

        private func events(_ text: String) -> [String] {
            (0..<10).flatMap { number in
                [EventText.search("\(text) \(number)", of: "viewer-\(number)")]
                    + EventText.play("sintel", of: "viewer-\(number)", minutes: 3, of: 15)
            }
        }

        @Test(arguments: Damage.allCases) func oneJobFailsAndTheOthersGoOn(_ damage: Damage) async throws {
            let server = try await RunningServer.start()
            try await server.post(events("before"))
            _ = try await server.caughtUp(received: 30)
            let key = try redis(server, "--scan", "--pattern", "recs:main:*:search:u:viewer-3")
            try inflict(damage, on: key, server)

            #expect(try await server.post(events("during")).accepted == 30)
            let isSaid = try await comesTrue {
                let job = try await server.status().job("search_events")
                return (job?.restarts ?? 0) >= 3 && job?.state == "waiting" && job?.reason?.contains(damage.words) == true
            }
            let failing = try await server.status().job("search_events")
            #expect(isSaid && (failing?.lag ?? 0) > 0, "\(String(describing: failing))")
            try await expectOthersGoOn(server)

            try redis(server, "COPY", "kept", key, "REPLACE")
            try redis(server, "DEL", "kept")
            let status = try await server.caughtUp(received: 62)
            OutageTests().expectExact(status, received: 62, applied: 62)
            #expect((status.job("search_events")?.restarts ?? 0) >= 3)
            #expect(try await server.get("/readyz").status == 200)
            let verified = try await server.tool("verify")
            #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
            #expect(try await server.end() == 0)
        }

        private func expectOthersGoOn(_ server: RunningServer) async throws {
            #expect(try await server.post(EventText.play("sintel", of: "viewer-3", minutes: 3, of: 15)).accepted == 2)
            let isCounted = try await comesTrue {
                let job = try await server.status().job("play_events")
                return job?.applied == 42 && job?.lag == 0
            }
            #expect(isCounted)
            let others = try await server.status().jobs.filter { $0.topic != "search_events" }
            #expect(others.count == 7 && others.allSatisfy { $0.state == "running" && $0.restarts == 0 && $0.reason == nil }, "\(others)")
            let isUnready = try await comesTrue {
                let reasons = try await server.get("/readyz").decoded(Contract.Readiness.self).reasons
                return !reasons.isEmpty && reasons.allSatisfy { $0.hasPrefix("job search_events") }
            }
            #expect(isUnready)
            #expect(try await !server.page("viewer-1").isCold)
        }
    }
}
