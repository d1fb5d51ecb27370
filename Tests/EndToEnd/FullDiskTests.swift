import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// The embedded log finds no room: what is refused is said, what was acknowledged is there.
    @Suite struct FullDiskTests {
        private struct Sent {
            let id = UUID()
            var isPlay: Bool
            var user: String

            var text: String {
                isPlay
                    ? EventText.event("play_start", of: user, "\"title_id\":\"sintel\",\"position_ms\":0", id: id)
                    : EventText.event("search_query", of: user, "\"query\":\"dragons\",\"results_count\":3", id: id)
            }
        }

        /// So much of a batch, plays and searches in turn or of one kind.
        private func events(_ count: Int, arePlays: Bool? = nil) -> [Sent] {
            (0..<count).map { Sent(isPlay: arePlays ?? $0.isMultiple(of: 2), user: "viewer-\($0)") }
        }

        private func post(_ events: [Sent], to server: RunningServer) async throws -> (status: Int, retryAfter: String?, Contract.Posted) {
            let answer = try await server.send("POST", "/v1/events", "[\(events.map(\.text).joined(separator: ","))]")
            return (answer.status, answer.headers["retry-after"], try answer.decoded(Contract.Posted.self))
        }

        private func logSize(_ topic: String, _ server: RunningServer) throws -> Int {
            let path = server.folder.path("data/log/\(topic).sqlite-wal")
            return try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        }

        /// Posts plays until their log is far longer than that of the searches; answers what was sent.
        private func fill(_ server: RunningServer) async throws -> [Sent] {
            var sent: [Sent] = []
            while try logSize("play_events", server) < logSize("search_events", server) + 300_000 {
                let batch = events(10, arePlays: true)
                sent += batch
                let posted = try await post(batch, to: server).2
                guard posted.accepted == batch.count, sent.count < 10_000 else { throw NotServing(description: "\(posted)") }
            }
            return sent
        }

        /// The topics' records are these events and no others, each once.
        private func expectOnLog(_ sent: [Sent], _ server: RunningServer) async throws {
            for (topic, arePlays) in [("play_events", true), ("search_events", false)] {
                let ids = sent.filter { $0.isPlay == arePlays }.map { $0.id.uuidString.lowercased() }
                #expect(try await LoggedEvent.all(topic, of: server).map(\.eventId).sorted() == ids.sorted(), "\(topic)")
            }
        }

        @Test func everyVerdictIsTrueAndNothingIsLost() async throws {
            let server = try await RunningServer.start(survivesFileLimits: true)
            var taken = try await fill(server)
            let refusals = try await server.answerCount(503)
            // No room behind the plays; the searches' log may still grow.
            try server.process.limitFiles(bytes: try logSize("play_events", server))
            let mixed = events(10)
            let (status, retryAfter, posted) = try await post(mixed, to: server)
            #expect(status == 503 && retryAfter != nil)
            #expect(posted.events.map(\.status) == mixed.map { $0.isPlay ? "failed" : "accepted" })
            #expect(posted.accepted == 5 && posted.failed == 5 && posted.refused == 0)
            taken += mixed.filter { !$0.isPlay }
            let searches = events(4, arePlays: false)
            #expect(try await post(searches, to: server).status == 202)
            taken += searches

            // No room for anything.
            try server.process.limitFiles(bytes: 0)
            let lost = events(6)
            let (lostStatus, lostRetryAfter, none) = try await post(lost, to: server)
            #expect(lostStatus == 503 && lostRetryAfter != nil)
            #expect(none.events.allSatisfy { $0.status == "failed" } && none.failed == 6 && none.accepted == 0 && none.token == nil)
            #expect(try await server.send("DELETE", "/v1/users/viewer-1", "").status == 503)
            #expect(try await server.answerCount(503) == refusals + 3)
            let readiness = try await server.get("/readyz")
            #expect(readiness.status == 503 && readiness.text.contains("event log: "), "\(readiness.text)")
            #expect(try await server.get("/healthz").status == 200)
            #expect(try await server.get("/v1/users/viewer-1/home").status == 200)
            OutageTests().expectExact(try await server.caughtUp(received: taken.count), received: taken.count, applied: taken.count)
            #expect(try await server.end() == 0)
            #expect(server.process.standardError.components(separatedBy: "the log does not take all events").count == 2)

            let second = try await RunningServer.start(in: server.folder)
            try await expectOnLog(taken, second)
            let again = mixed.filter(\.isPlay) + lost
            #expect(try await post(again, to: second).status == 202)
            taken += again
            OutageTests().expectExact(try await second.caughtUp(received: taken.count), received: taken.count, applied: taken.count)
            try await expectOnLog(taken, second)
            #expect(try await second.end() == 0)
            let archive = try await second.tool("archive", "check")
            #expect(archive.status == 0, "\(archive.output)\(archive.errors)")
        }
    }
}
