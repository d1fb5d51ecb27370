import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// A backup that is taken while events come in is a state that a crash could have left, exact to the position.
    @Suite struct BackupTests {
        struct Manifest: Decodable {
            struct Topic: Decodable {
                struct Partition: Decodable {
                    var end: Int
                    var featuresNext: Int?
                }
                var topic: String
                var partitions: [Partition]
            }
            struct File: Decodable { var path: String }
            var topics: [Topic]
            var files: [File]

            var recordCount: Int {
                topics.filter { Contract.publicTopics.contains($0.topic) }.flatMap(\.partitions).reduce(0) { $0 + $1.end }
            }
        }

        /// With a thumbnail test, so that the play job forwards to a topic of its own.
        private static let settings = """
            tests:
              - { id: artwork, title: sintel, coverage: 1.0, variants: [{ id: a, artwork: sintel-a, weight: 0.5 }, { id: b, artwork: sintel-b, weight: 0.5 }] }

            """

        private let outage = OutageTests()

        /// What a server makes of the lines that nothing ever happens to: profiles, and records forwarded for attribution.
        private func reference(
            _ lines: [String], _ users: Set<String>
        ) async throws -> (profiles: [String: Contract.Profile], forwardCount: Int) {
            struct Extent: Decodable {
                var topic: String
                var end: Int
            }
            let server = try await RunningServer.start(configuration: Self.settings)
            try await outage.feed(server, lines[...])
            _ = try await server.caughtUp(received: lines.count)
            let profiles = try await outage.profiles(server, users)
            #expect(try await server.end() == 0)
            let topics = try await RecsBinary.run("log", "topics", "--data", server.folder.path("data"), "--json")
            let extents = try JSONDecoder().decode([Extent].self, from: Data(topics.output.utf8))
            return (profiles, extents.filter { $0.topic == "attribution_events" }.reduce(0) { $0 + $1.end })
        }

        private func expectForwarded(_ count: Int, _ server: RunningServer) async throws {
            let isForwarded = try await comesTrue {
                let job = try await server.status().job("attribution_events")
                return job?.applied == count && job?.lag == 0
            }
            let job = try await server.status().job("attribution_events")
            #expect(isForwarded && count > 0, "\(count) forwards, \(String(describing: job))")
        }

        /// Feeds batches in order from `start` until the backup has ended, or none are left; answers how many lines were taken in.
        private func feed(_ server: RunningServer, _ lines: [String], from start: Int, while backup: ChildProcess) async throws -> Int {
            var next = start
            while next < lines.count && backup.isRunning {
                try await outage.feed(server, lines[next..<min(next + 10, lines.count)])
                next = min(next + 10, lines.count)
            }
            return next
        }

        /// The ids of the events on the public topics of a data folder.
        private func eventIDs(in data: String) async throws -> Set<String> {
            var ids: Set<String> = []
            for topic in Contract.publicTopics {
                let tail = try await RecsBinary.run("log", "tail", topic, "--data", data, "--count", "1000000")
                #expect(tail.status == 0, "\(tail.errors)")
                for line in tail.output.split(separator: "\n") {
                    guard let place = line.range(of: "\"event_id\":\"") else { continue }
                    ids.insert(String(line[place.upperBound...].prefix(36)))
                }
            }
            return ids
        }

        private func decoded(_ run: RecsBinary.Run) throws -> Manifest {
            guard run.status == 0 else { throw NotServing(description: run.errors) }
            return try Answer.decoded(Manifest.self, from: Data(run.output.utf8))
        }

        @Test func backupUnderLoadIsRestoredExactly() async throws {
            let (lines, users) = try await outage.lines(1400)
            let first = try await RunningServer.start(configuration: Self.settings)
            try await outage.feed(first, lines[..<500])
            _ = try await first.caughtUp(received: 500)
            let target = first.folder.path("backup")
            let backup = try ChildProcess(RecsBinary.path, ["backup", target, "--data", first.folder.path("data"), "--json"])
            let taken = try await feed(first, lines, from: 500, while: backup)
            try #require(try await onOwnThread { backup.wait() } == 0, "\(backup.standardError)")
            try await outage.feed(first, lines[taken..<min(taken + 100, lines.count)])
            try await first.end(SIGKILL)
            #expect(FileManager.default.fileExists(atPath: target) && !FileManager.default.fileExists(atPath: target + ".partial"))

            let folder = try TemporaryFolder()
            let data = folder.path("data")
            let restored = try decoded(try await RecsBinary.run("restore", target, "--data", data, "--json"))
            let ids = try await eventIDs(in: data)
            #expect(ids.count == restored.recordCount)
            // All that was acknowledged before it began is in it; what came after it had ended is not.
            let kept = lines.filter { line in ids.contains { line.contains($0) } }
            #expect(kept.count == ids.count && (500...taken).contains(kept.count))
            #expect(Array(kept.prefix(500)) == Array(lines.prefix(500)))

            let second = try await RunningServer.start(in: folder, configuration: Self.settings)
            let status = try await second.caughtUp(received: kept.count)
            outage.expectExact(status, received: kept.count, applied: kept.count)
            let found = try await outage.profiles(second, users)
            let unbroken = try await reference(kept, users)
            outage.expectEqual(found, unbroken.profiles)
            try await expectForwarded(unbroken.forwardCount, second)
            // It goes on from there: what was lost comes again, in another order.
            let rest = Array(lines.filter { line in !ids.contains { line.contains($0) } }.reversed())
            try await outage.feed(second, rest[...])
            _ = try await second.caughtUp(received: lines.count)
            let whole = try await reference(kept + rest, users)
            outage.expectEqual(try await outage.profiles(second, users), whole.profiles)
            try await expectForwarded(whole.forwardCount, second)
            #expect(try await second.end() == 0)
        }

        /// A read token and features of events that came after the backup: neither is taken for what comes after the restore.
        @Test func aLostFutureIsKnownAsSuch() async throws {
            let first = try await RunningServer.start(configuration: Self.settings)
            try await first.post([EventText.search("before", of: "ann")])
            _ = try await first.caughtUp(received: 1)
            let target = first.folder.path("backup")
            #expect(try await RecsBinary.run("backup", target, "--data", first.folder.path("data")).status == 0)
            let lost = try await first.post((0..<5).map { EventText.search("lost \($0)", of: "ann") })
            #expect(try await first.get("/v1/users/ann/profile?token=\(lost.token ?? "")").text.contains("\"is_current\":true"))
            #expect(try await first.end() == 0)

            let folder = try TemporaryFolder()
            #expect(try await RecsBinary.run("restore", target, "--data", folder.path("data")).status == 0)
            let second = try await RunningServer.start(in: folder, configuration: Self.settings)
            let now = try await second.post((0..<20).map { EventText.search("now \($0)", of: "ann") })
            _ = try await second.caughtUp(received: 21)
            let stale = try await second.get("/v1/users/ann/profile?token=\(lost.token ?? "")")
            #expect(stale.status == 200 && stale.text.contains("\"is_current\":false"), "\(stale.text)")
            #expect(try await second.page("ann", after: lost).warnings.contains { $0.contains("restored") })
            #expect(try await second.get("/v1/users/ann/profile?token=\(now.token ?? "")").text.contains("\"is_current\":true"))
            let verified = try await RecsBinary.run("verify", "--config", folder.path("recs.yaml"), "--data", folder.path("data"))
            #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
            #expect(try await second.end() == 0)
            let check = try await RecsBinary.run("archive", "check", "--data", folder.path("data"))
            #expect(check.status == 0, "\(check.output)")

            // The lost future's features under the restored log.
            try FileManager.default.removeItem(atPath: folder.path("data/redis"))
            try FileManager.default.copyItem(atPath: first.folder.path("data/redis"), toPath: folder.path("data/redis"))
            let third = try await RunningServer.start(in: folder, configuration: Self.settings, waitsUntilReady: false)
            let isStopped = try await comesTrue {
                try await third.get("/readyz").decoded(Contract.Readiness.self).reasons.contains { $0.contains("restored from a backup") }
            }
            #expect(isStopped)
            #expect(try await third.status().job("search_events")?.state == "stopped")
            #expect(try await third.end() == 0)
        }

        @Test func damagedBackupIsRefusedByName() async throws {
            let (lines, _) = try await outage.lines(100)
            let server = try await RunningServer.start()
            try await outage.feed(server, lines[...])
            #expect(try await server.end() == 0)
            let target = server.folder.path("backup")
            // Nothing runs: the features are copied all the same.
            let manifest = try decoded(
                try await RecsBinary.run("backup", target, "--data", server.folder.path("data"), "--json"))
            #expect(manifest.files.contains { $0.path == "features.rdb" } && manifest.recordCount == 100)
            for path in manifest.files.map(\.path) + ["backup.json"] {
                let url = URL(fileURLWithPath: target + "/" + path)
                let whole = try Data(contentsOf: url)
                var damaged = whole
                damaged[damaged.count / 2] ^= 1
                try damaged.write(to: url)
                let restore = try await RecsBinary.run("restore", target, "--data", server.folder.path("restored"))
                #expect(restore.status == 1 && restore.errors.contains(path), "\(path): \(restore.errors)")
                #expect(!FileManager.default.fileExists(atPath: server.folder.path("restored")))
                try whole.write(to: url)
            }
            let whole = try await RecsBinary.run("restore", target, "--data", server.folder.path("restored"))
            #expect(whole.status == 0, "\(whole.errors)")
        }

        @Test func archiveComesAlongAsItsManifestListsIt() async throws {
            let server = try await RunningServer.start()
            try await outage.feed(server, try await outage.lines(40).lines[...])
            // What the archive still holds in memory is written when the server stops.
            #expect(try await server.end() == 0)
            let (data, target) = (server.folder.path("data"), server.folder.path("backup"))
            let archived = try archivedFiles(data)
            #expect(!archived.isEmpty)
            let leftover = data + "/archive/play_events/unlisted.avro"
            try Data("left over".utf8).write(to: URL(fileURLWithPath: leftover))
            let files = try decoded(try await RecsBinary.run("backup", target, "--data", data, "--json")).files.map(\.path)
            #expect(files.filter { $0.hasSuffix(".avro") }.sorted() == archived)
            let restored = server.folder.path("restored")
            let restore = try await RecsBinary.run("restore", target, "--data", restored)
            #expect(restore.status == 0, "\(restore.errors)")
            let check = try await RecsBinary.run("archive", "check", "--data", restored)
            #expect(check.status == 0, "\(check.output)")
            try FileManager.default.removeItem(atPath: leftover)
            try FileManager.default.removeItem(atPath: data + "/" + archived[0])
            let lacking = try await RecsBinary.run("backup", server.folder.path("second"), "--data", data)
            #expect(lacking.status == 1 && lacking.errors.contains("manifest.sqlite"), "\(lacking.errors)")
            #expect(!FileManager.default.fileExists(atPath: server.folder.path("second.partial")))
        }

        /// Paths of the archive's files, from the data folder, sorted.
        private func archivedFiles(_ data: String) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: data + "/archive").filter { $0.hasSuffix(".avro") }.map { "archive/" + $0 }
                .sorted()
        }

        @Test func nothingIsOverwritten() async throws {
            let server = try await RunningServer.start()
            let (data, target) = (server.folder.path("data"), server.folder.path("backup"))
            #expect(try await RecsBinary.run("backup", target, "--data", data).status == 0)
            let again = try await RecsBinary.run("backup", target, "--data", data)
            #expect(again.status == 1 && again.errors.contains(target))
            let running = try await RecsBinary.run("restore", target, "--data", data)
            #expect(running.status == 1 && running.errors.contains("a server runs"), "\(running.errors)")
            let full = try await RecsBinary.run("restore", target, "--data", target)
            #expect(full.status == 1 && full.errors.contains("not empty"), "\(full.errors)")
            let none = try await RecsBinary.run("restore", server.folder.path("nowhere"), "--data", server.folder.path("new"))
            #expect(none.status == 1 && none.errors.contains("no backup"), "\(none.errors)")
            #expect(try await server.end() == 0)
        }

        @Test func partsElsewhereAreRefusedInWords() async throws {
            let folder = try TemporaryFolder()
            let kafka = try await RecsBinary.run("backup", folder.path("b"), "--data", folder.path("d"), "--log", "kafka://127.0.0.1:1")
            #expect(kafka.status == 1 && kafka.errors.contains("replication"))
            let redis = try await RecsBinary.run("backup", folder.path("b"), "--data", folder.path("d"), "--redis", "redis://127.0.0.1:1")
            #expect(redis.status == 1 && redis.errors.contains("Redis"))
            let empty = try await RecsBinary.run("backup", folder.path("b"), "--data", folder.path("d"))
            #expect(empty.status == 1 && empty.errors.contains("--data"))
        }
    }
}
