import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Files that are gone or older than the rest are noticed, and nothing that is acknowledged afterwards is lost to them.
    @Suite struct LogLossTests {
        private func post(_ count: Int, _ name: String, to server: RunningServer) async throws -> Contract.Posted {
            let posted = try await server.post((0..<count).map { EventText.search("of \(name)", of: "\(name)-\($0)") })
            #expect(posted.accepted == count)
            return posted
        }

        private func tool(_ server: RunningServer, _ arguments: String...) async throws -> RecsBinary.Run {
            try await RecsBinary.run(arguments + ["--data", server.folder.path("data")])
        }

        /// Of the topic `search_events`.
        private func files(_ folder: TemporaryFolder) -> [String] {
            ["", "-wal", "-shm"].map { folder.path("data/log/search_events.sqlite\($0)") }
        }

        @Test func aLogThatWasSetBackHandsOutNoOffsetTwice() async throws {
            let folder = try TemporaryFolder()
            let first = try await RunningServer.start(in: folder)
            _ = try await post(10, "early", to: first)
            #expect(try await first.end() == 0)
            for file in files(folder) { try? FileManager.default.copyItem(atPath: file, toPath: file + ".kept") }
            let second = try await RunningServer.start(in: folder)
            let lost = try await post(40, "lost", to: second)
            for number in 0..<40 { _ = try await second.profile("lost-\(number)", after: lost) }
            #expect(try await second.end() == 0)
            for file in files(folder) {
                try? FileManager.default.removeItem(atPath: file)
                try? FileManager.default.moveItem(atPath: file + ".kept", toPath: file)
            }
            let refused = try await RecsBinary.run("serve", "--data", folder.path("data"), "--port", "\(freePort())")
            #expect(refused.status == 1 && refused.errors.contains("the log has lost records"), "\(refused.errors)")
            #expect(refused.errors.contains("search_events partition ") && refused.errors.contains("recs replay"), "\(refused.errors)")

            // It has leapt: what comes now stands beyond all that was lost, and the job waits for the operator.
            let third = try await RunningServer.start(in: folder, waitsUntilReady: false)
            let isUp = try await comesTrue { try await third.get("/v1/status").status == 200 }
            #expect(isUp, "\(third.process.standardError)")
            let again = try await post(40, "again", to: third)
            let isStopped = try await comesTrue { try await third.get("/readyz").text.contains("future that was lost") }
            #expect(isStopped)
            let differing = try await tool(third, "verify")
            #expect(differing.status == 1, "\(differing.errors)")
            #expect(differing.output.contains("the log has lost records"), "\(differing.output)")
            let replayed = try await tool(third, "replay", "--into", "v2", "--from", "log")
            #expect(replayed.status == 0, "\(replayed.errors)")
            let switched = try await tool(third, "namespace", "switch", "v2", "--give-up-emissions")
            #expect(switched.status == 0, "\(switched.errors)")
            let words = #""namespace":"v2","state":"live","serves":true"#
            let serves = try await comesTrue { try await third.get("/v1/status").text.contains(words) }
            #expect(serves)
            for number in 0..<40 {
                let profile = try await third.profile("again-\(number)", after: again)
                #expect(profile.searches.map(\.query) == ["of again"], "again-\(number)")
            }
            let equal = try await tool(third, "verify")
            #expect(equal.status == 0, "\(equal.output) \(equal.errors)")
            #expect(try await third.end() == 0)
        }

        /// Features built anew would lack it, and nobody would know.
        @Test func whatNeitherLogNorArchiveHasIsNotReplayedUnasked() async throws {
            let folder = try TemporaryFolder()
            let first = try await RunningServer.start(in: folder)
            _ = try await post(10, "early", to: first)
            #expect(try await first.end() == 0)
            try? FileManager.default.removeItem(atPath: folder.path("data/archive"))
            let log = try await PastLog(first, hoursAgo: 0)
            try await log.trim()
            await log.close()
            let second = try await RunningServer.start(in: folder)
            let refused = try await tool(second, "replay", "--into", "v2")
            #expect(refused.status == 1 && refused.errors.contains("neither on the log nor in the archive"), "\(refused.errors)")
            let asked = try await tool(second, "replay", "--into", "v2", "--since", "1h")
            #expect(asked.status == 0, "\(asked.errors)")
            #expect(try await second.end() == 0)
        }

        @Test func aControlStoreThatIsGoneIsNamed() async throws {
            let server = try await RunningServer.start()
            _ = try await post(10, "early", to: server)
            #expect(try await server.end() == 0)
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: server.folder.path("data/control.sqlite\(suffix)"))
            }
            let found = try await tool(server, "doctor", "--port", "\(freePort())")
            #expect(found.status == 1 && found.output.contains("file control.sqlite"), "\(found.output)")
            let again = try await RunningServer.start(in: server.folder)
            #expect(again.process.standardError.contains("control.sqlite is new and the log is not"))
            #expect(try await again.end() == 0)
        }
    }
}
