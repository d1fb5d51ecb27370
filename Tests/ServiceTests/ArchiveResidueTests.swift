import EventLog
import Events
import Features
import Foundation
import Jobs
import TestSupport
import Testing

@testable import Service

/// What the archive keeps of erased viewers' records, found out by the jobs' own operators.
@Suite struct ArchiveResidueTests {
    private struct Line: Decodable {
        struct Event: Decodable {
            var eventType: String?
            var eventId: String?
            var userId: String?
            var outcome: String?
            var recentIds: String?
            var effects: String?
        }
        var offset: Int64
        var appendTime: Int64
        var event: Event
    }

    /// What a job makes of records: ledgers by bucket, titles' values, viewers' values.
    private struct Made: Equatable {
        var ledgers: [Ledger] = []
        var titles: [String: [UInt8]] = [:]
        var users: [String: [UInt8]] = [:]
    }

    private func play(
        _ scene: ArchiveScene, _ user: String, _ title: String, _ type: String = "play_start", device: String = "tv", number: Int
    ) throws -> [UInt8] {
        let id = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
        var body = """
            {"event_id":"\(id)","event_type":"\(type)","user_id":"\(user)","device_id":"\(device)","session_id":"s-\(user)",\
            "timestamp":\(wallClockMilliseconds() - 4 * 3_600_000 + Int64(number)),"region":"EU","title_id":"\(title)","watched_ms":1000,\
            "position_ms":1000}
            """
        if type == "play_start" { body = body.replacingOccurrences(of: "\"watched_ms\":1000,", with: "") }
        var encoder = GatewayEncoder(schemas: scene.setup.residues.schemas, schemaIDs: scene.schemaIDs, limits: GatewayLimits())
        var output = EncodedEvents()
        try body.withUTF8 { try encoder.encode(UnsafeRawBufferPointer($0), format: .json, now: wallClockMilliseconds(), into: &output) }
        guard case .accepted(_, _, _, let value)? = output.verdicts.first else { throw BackupError("refused: \(output.verdicts)") }
        return Array(output.bytes[value.range])
    }

    /// Events of `gone`, who is erased, and of `stays`; a definition from offset 6 on by which devices called `tv` are bots'.
    private func filled() async throws -> ArchiveScene {
        let scene = try await ArchiveScene(.play, hoursAgo: 3)
        let first = try play(scene, "gone", "sintel", device: "phone", number: 1)
        await scene.append(key: "gone", value: first)
        await scene.append(key: "stays", value: try play(scene, "stays", "sintel", number: 2))
        await scene.append(key: "gone", value: try play(scene, "gone", "heat", number: 3))
        await scene.append(key: "gone", value: first)
        await scene.append(key: "gone", value: Array("no Avro".utf8))
        await scene.append(key: "gone", value: try play(scene, "gone", "sintel", device: "test-tv", number: 4))
        var settings = JobSettings()
        settings.filteredPrefixes = ["tv"]
        var definition = try scene.definitions.definition(0)
        definition.settings = settings
        let version = try scene.definitions.store(definition, at: 2000)
        var bytes: [UInt8] = []
        let change = scene.setup.residues.writer.definitionsChanged(
            .init(id: EventID(high: 2, low: 2), timestamp: 2000, user: UnsafeRawBufferPointer(start: nil, count: 0)), version: version,
            into: &bytes)
        await scene.append(key: "", value: Array(bytes[change.value.range]))
        await scene.append(key: "gone", value: try play(scene, "gone", "sintel", number: 5))
        await scene.append(key: "gone", value: try play(scene, "gone", "elephants-dream", "play_stop", device: "phone", number: 6))
        bytes = []
        let erased = scene.setup.residues.writer.userErased(
            id: EventID(high: 3, low: 3), user: "gone", timestamp: wallClockMilliseconds() - 3 * 3_600_000, into: &bytes)
        await scene.append(key: "gone", value: Array(bytes[erased.value.range]))
        await scene.append(key: "stays", value: try play(scene, "stays", "heat", device: "phone", number: 7))
        await scene.append(key: "gone", value: first)
        try scene.archiveAll()
        return scene
    }

    private func lines(_ scene: ArchiveScene) throws -> [Line] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var lines: [Line] = []
        try scene.archive.cat(.play, partition: 0, from: nil, count: 1000) { line in
            if let decoded = try? decoder.decode(Line.self, from: Data(line.utf8)) { lines.append(decoded) }
        }
        return lines
    }

    /// Reads the archive as a job does that begins with an empty store.
    private func made(_ scene: ArchiveScene) throws -> Made {
        let residues = scene.setup.residues
        let reader = ArchiveReader(scene.setup.archive, topic: .play)
        var records = RecordBatch()
        var next: Int64? = 0
        while let offset = next { next = try reader.read(partition: 0, from: offset, into: &records, recordCountMax: 1000) }
        var decoder = EventDecoder(schemas: residues.schemas)
        let engine = makeEngine(
            EngineStart(
                topic: .play, partition: 0, generation: scene.setup.topic.generation, definition: try scene.definitions.definition(0),
                markers: [nil, nil, nil, nil], titleMarker: nil))
        var made = Made()
        try records.bytes.withUnsafeBytes { bytes in
            var batch = EventBatch()
            for record in records.records {
                var event = Event(type: .seek)
                let fault = try decoder.decode(bytes, record.value, schemasFrom: residues.registry, into: &event)
                (event.partition, event.offset, event.appendTime) = (0, record.offset, record.timestamp)
                batch.append(event, key: record.key, value: record.value, fault: fault)
                if event.type == .definitionsChanged { batch.definitions.append(try scene.definitions.definition(event.number)) }
            }
            for user in engine.missingUsers(of: batch, bytes: bytes) { try engine.install(user, value: nil) }
            for title in engine.process(batch, bytes: bytes) { try engine.install(title, value: nil) }
            engine.settleTitles()
        }
        engine.collectUsers { made.users[String(decoding: $0.user, as: UTF8.self)] = Array($0.value) }
        engine.collectTitles { made.titles[String(decoding: $0.title, as: UTF8.self)] = Array($0.value) }
        engine.collectMarkers { _, marker, _ in made.ledgers.append(marker.ledger) }
        return made
    }

    @Test func aReplayOfTheCompactedArchiveMakesTheSame() async throws {
        let scene = try await filled()
        let before = try lines(scene)
        var expected = try made(scene)
        let outcome = try scene.archive.compact(.play, scene.setup.residues)
        #expect(outcome?.erasedCount == 7)
        let report = try scene.archive.check(.play)
        #expect(report.problems == [] && report.erasedCount == 7 && report.recordCount == 12)
        let after = try lines(scene)
        #expect(after.map(\.offset) == before.map(\.offset) && after.map(\.appendTime) == before.map(\.appendTime))
        #expect(
            after.map { $0.event.outcome ?? "" } == [
                "applied", "", "applied", "duplicate", "dead_lettered", "filtered", "", "filtered", "applied", "", "", "",
            ])
        for (old, new) in zip(before, after) where new.event.outcome == nil && new.offset != 9 {
            #expect(new.event.eventId == old.event.eventId && new.event.userId == old.event.userId)
        }
        let naming = after.filter { $0.event.userId == "gone" }
        #expect(naming.map(\.offset) == [9, 11], "the erasure, and what came after it")
        #expect(naming[0].event.eventId == before[9].event.eventId && naming[0].event.recentIds?.isEmpty == false)
        #expect(after[0].event.effects?.contains("sintel") == true && after[0].event.eventId != before[0].event.eventId)
        let found = try made(scene)
        #expect(found.ledgers == expected.ledgers && found.titles == expected.titles)
        // The outbox of the viewer, of effects long since in the titles, depends on when commits come.
        let (mine, theirs) = try (tombstone(found), tombstone(expected))
        #expect(mine.isErased && mine.recentIDs == theirs.recentIDs && mine.recentIDs.entries.count == 4)
        #expect(mine.logTime == theirs.logTime && mine.applied == theirs.applied && mine.state == theirs.state)
        expected.users["gone"] = found.users["gone"]
        #expect(found.users == expected.users)
        let again = try scene.archive.compact(.play, scene.setup.residues)
        #expect(again?.erasedCount == 0 && again?.filesAfter == 0)
        await scene.log.close()
    }

    private func tombstone(_ made: Made) throws -> UserValue<PlayState> {
        var names = NameTable()
        return try #require(made.users["gone"]).withUnsafeBytes { bytes throws(StateError) in try UserValue(from: bytes, names: &names) }
    }

    /// A viewer who comes back and is erased again: what the first erasure left is not touched, the erasure itself goes with the rest.
    @Test func aSecondErasureGoesOnFromTheFirst() async throws {
        let scene = try await filled()
        _ = try scene.archive.compact(.play, scene.setup.residues)
        let first = try lines(scene)
        await scene.append(key: "gone", value: try play(scene, "gone", "heat", device: "phone", number: 8))
        var bytes: [UInt8] = []
        let erased = scene.setup.residues.writer.userErased(
            id: EventID(high: 3, low: 4), user: "gone", timestamp: wallClockMilliseconds() - 3 * 3_600_000, into: &bytes)
        await scene.append(key: "gone", value: Array(bytes[erased.value.range]))
        try scene.archiveAll()
        let expected = try made(scene)
        let outcome = try scene.archive.compact(.play, scene.setup.residues)
        #expect(outcome?.erasedCount == 3)
        let second = try lines(scene)
        #expect(second.prefix(9).map(\.event.eventId) == first.prefix(9).map(\.event.eventId))
        #expect(second.filter { $0.event.userId == "gone" }.map(\.offset) == [13])
        #expect(second.map { $0.event.outcome ?? "" }.suffix(5) == ["applied", "", "duplicate", "applied", ""])
        let found = try made(scene)
        #expect(found.ledgers == expected.ledgers && found.titles == expected.titles)
        let (mine, theirs) = try (tombstone(found), tombstone(expected))
        #expect(mine.recentIDs == theirs.recentIDs && mine.recentIDs.entries.count == 6 && mine.isErased)
        #expect(try scene.archive.check(.play).problems == [])
        await scene.log.close()
    }
}
