import EventLog
import Events
import Foundation
import TestSupport
import Testing

/// Records appended to a server's embedded log as if hours ago, while the server does not run.
struct PastLog {
    private let log: EmbeddedLog
    private let encoder: GatewayEncoder
    private let writer: InternalEventWriter

    init(_ server: RunningServer, hoursAgo: Int64) async throws {
        log = try EmbeddedLog(folder: server.folder.path("data/log"), clock: { millisecondsNow() - hoursAgo * 3_600_000 })
        for topic in Topic.allCases { _ = try await log.open(topic, partitions: 4) }
        let registry = try EmbeddedRegistry(path: server.folder.path("data/registry.sqlite"))
        var ids: [EventType: Int32] = [:]
        for type in EventType.allCases {
            let subject = "\((type.topic ?? .play).name)-recs.events.\(type.rawValue)"
            ids[type] = try await registry.latest(subject: subject)?.id
        }
        let schemas = try EventSchemas(
            sources: EventType.allCases.map {
                try String(contentsOf: Repository.root.appendingPathComponent("Data/schemas/\($0.schemaPath)"), encoding: .utf8)
            })
        encoder = GatewayEncoder(schemas: schemas, schemaIDs: ids, limits: GatewayLimits())
        writer = try InternalEventWriter(schemas: schemas, schemaIDs: ids)
    }

    /// Events as a client writes them.
    func append(_ events: [String]) async throws {
        var encoder = encoder
        var output = EncodedEvents()
        var body = "[\(events.joined(separator: ","))]"
        try body.withUTF8 { try encoder.encode(UnsafeRawBufferPointer($0), format: .json, now: millisecondsNow(), into: &output) }
        var batch = AppendBatch()
        batch.bytes = output.bytes
        for case .accepted(let topic, _, let key, let value) in output.verdicts {
            batch.records.append(.init(topic: topic, key: key, value: value))
        }
        guard batch.records.count == events.count else { throw NotServing(description: "not all accepted: \(output.verdicts)") }
        try await append(batch)
    }

    /// What `DELETE /v1/users/{user}` appends.
    func erase(_ user: String, at time: Int64) async throws {
        var batch = AppendBatch()
        for topic in Topic.allCases where topic.hasJob {
            let id = EventID(high: 0x4000 | UInt64.random(in: 0...UInt64.max) << 16, low: 1 << 63 | UInt64.random(in: 0..<1 << 62))
            let record = writer.userErased(id: id, user: user, timestamp: time, into: &batch.bytes)
            batch.records.append(.init(topic: topic, key: record.key, value: record.value))
        }
        try await append(batch)
    }

    private func append(_ batch: AppendBatch) async throws {
        for case .failed(let error) in await log.append(batch) { throw error }
    }

    /// Forgets all records, as retention does with those that are archived.
    func trim() async throws {
        for topic in Topic.allCases where topic.hasJob { try await log.trim(topic, before: .max) }
    }

    func close() async { await log.close() }
}

extension EndToEndTests {
    /// Once an archive has dropped what erased viewers did, and the log has forgotten it, the features can still be built and proved from it.
    @Suite struct ErasedArchiveTests {
        private static let titles = ["sintel", "big-buck-bunny", "elephants-dream", "tears-of-steel"]

        private func events(of user: String, at time: Int64) -> [String] {
            func event(_ type: String, _ fields: String, _ minutes: Int64) -> String {
                EventText.event(type, of: user, fields, at: time + minutes * 60_000, region: user.hasSuffix("1") ? "EU" : "SEA")
            }
            return Self.titles.enumerated().flatMap { index, title in
                let (minute, title) = (Int64(index) * 10, "\"title_id\":\"\(title)\"")
                return [
                    event("recommendation_shown", title, minute), event("play_start", title, minute + 1),
                    event("play_stop", title + ",\"position_ms\":300000,\"watched_ms\":300000,\"duration_ms\":900000", minute + 6),
                    event("playback_failed", title + ",\"code\":\"E1\"", minute + 7),
                    event("title_rated", title + ",\"rating\":4", minute + 8),
                ]
            } + [event("search_query", "\"query\":\"a secret wish\"", 45)]
        }

        private struct Report: Decodable {
            var topic: String
            var erasedCount: Int
        }

        /// The values of all titles in a namespace, by the rest of their keys.
        private func titles(_ namespace: String, _ server: RunningServer) throws -> [String: String] {
            func redis(_ arguments: String...) throws -> String {
                try ChildProcess.run("redis-cli", ["-s", server.folder.path("data/redis/redis.sock")] + arguments).output
            }
            let keys = try redis("--scan", "--pattern", "recs:\(namespace):*:title:*").split(separator: "\n")
            return Dictionary(
                uniqueKeysWithValues: try keys.map { (String($0.dropFirst("recs:\(namespace)".count)), try redis("GET", String($0))) })
        }

        @Test func featuresAreBuiltAndProvedFromACompactedArchive() async throws {
            let first = try await RunningServer.start()
            #expect(try await first.end() == 0)
            let past = try await PastLog(first, hoursAgo: 3)
            let time = millisecondsNow() - 5 * 3_600_000
            let gone = (0..<4).map { events(of: "gone-\($0)", at: time) }
            let stays = (0..<4).map { events(of: "stays-\($0)", at: time) }
            for events in gone + stays { try await past.append(events) }
            try await past.append([EventText.event("title_rated", of: "bot-1", "\"title_id\":\"sintel\",\"rating\":1", at: time)])
            for number in 0..<4 { try await past.erase("gone-\(number)", at: time + 3_600_000) }
            // A device that did not hear that its events were taken.
            try await past.append(gone[0])
            await past.close()

            let second = try await RunningServer.start(in: first.folder)
            let count = (gone + stays).reduce(0) { $0 + $1.count } + 1 + 4 * Contract.publicTopics.count + gone[0].count
            let status = try await second.caughtUp(received: count)
            #expect(status.jobs.reduce(0) { $0 + $1.duplicate } == gone[0].count)
            // The erasures stand on the attribution topic, too.
            let isArchived = try await comesTrue { try await archivedCount(second) >= count + 4 }
            #expect(isArchived)
            #expect(try await second.end() == 0)
            let compacted = try await second.tool("archive", "compact")
            #expect(compacted.status == 0, "\(compacted.errors)")
            let checked = try await second.tool("archive", "check", "--json")
            #expect(checked.status == 0, "\(checked.output) \(checked.errors)")
            let reports = try Answer.decoded([Report].self, from: Data(checked.output.utf8))
            #expect(reports.reduce(0) { $0 + $1.erasedCount } == gone.reduce(0) { $0 + $1.count })
            try await expectNobody("gone-1", second)
            let emptied = try await PastLog(second, hoursAgo: 0)
            try await emptied.trim()
            await emptied.close()

            let third = try await RunningServer.start(in: first.folder)
            let verified = try await third.tool("verify")
            #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
            let replay = try await third.tool("replay", "--from", "archive", "--into", "x")
            #expect(replay.status == 0, "\(replay.errors)")
            let (expected, found) = (try titles("main", third), try titles("x", third))
            #expect(found == expected && found.count >= 3 * Self.titles.count)
            #expect(try await third.tool("namespace", "switch", "x").status == 0)
            let isServed = try await comesTrue { try await third.status().namespace == "x" }
            #expect(isServed)
            let again = try await third.tool("verify")
            #expect(again.status == 0 && again.output.contains("of 'x'"), "\(again.output) \(again.errors)")
            let isCounted = try await comesTrue {
                let jobs = try await third.status().namespaces.first { $0.namespace == "x" }?.jobs ?? []
                return jobs.reduce(0) { $0 + $1.duplicate } == gone[0].count
            }
            #expect(isCounted)
            #expect(try await third.profile("gone-0").recentPlays.isEmpty)
            #expect(try await third.profile("stays-0").recentPlays.count == Self.titles.count)
            // What comes now is counted on top: retries of what the archive has dropped are known.
            let posted = try await third.post(gone[2])
            #expect(posted.accepted == gone[2].count)
            #expect(try await third.profile("gone-2", after: posted).recentPlays.isEmpty)
            #expect(try await third.end() == 0)
        }

        /// Records that the archive jobs have taken.
        private func archivedCount(_ server: RunningServer) async throws -> Int {
            try await server.get("/metrics").text.split(separator: "\n").filter { $0.hasPrefix("recs_archived_records_total{") }
                .reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
        }

        /// Of the viewer, all topics of the archive hold the erasure alone.
        private func expectNobody(_ user: String, _ server: RunningServer) async throws {
            var erasures = 0
            for topic in Contract.publicTopics {
                for partition in 0..<4 {
                    let run = try await server.tool("archive", "cat", topic, "--partition", "\(partition)")
                    for line in run.output.split(separator: "\n") where line.contains(user) {
                        #expect(line.contains("\"event_type\":\"user_erased\""), "\(line)")
                        erasures += 1
                    }
                }
            }
            #expect(erasures == Contract.publicTopics.count)
        }
    }
}
