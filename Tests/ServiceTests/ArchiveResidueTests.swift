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

    @Test func aReplayOfTheCompactedArchiveMakesTheSame() async throws {
        let scene = try await filled()
        let before = try scene.lines()
        var expected = try scene.made()
        let outcome = try scene.archive.compact(.play, scene.setup.residues)
        #expect(outcome?.erasedCount == 7)
        let report = try scene.archive.check(.play)
        #expect(report.problems == [] && report.erasedCount == 7 && report.recordCount == 12)
        let after = try scene.lines()
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
        let found = try scene.made()
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

    private func tombstone(_ made: ArchiveScene.Made) throws -> UserValue<PlayState> {
        var names = NameTable()
        return try #require(made.users["gone"]).withUnsafeBytes { bytes throws(StateError) in try UserValue(from: bytes, names: &names) }
    }

    /// A viewer who comes back and is erased again: what the first erasure left is not touched, the erasure itself goes with the rest.
    @Test func aSecondErasureGoesOnFromTheFirst() async throws {
        let scene = try await filled()
        _ = try scene.archive.compact(.play, scene.setup.residues)
        let first = try scene.lines()
        await scene.append(key: "gone", value: try play(scene, "gone", "heat", device: "phone", number: 8))
        var bytes: [UInt8] = []
        let erased = scene.setup.residues.writer.userErased(
            id: EventID(high: 3, low: 4), user: "gone", timestamp: wallClockMilliseconds() - 3 * 3_600_000, into: &bytes)
        await scene.append(key: "gone", value: Array(bytes[erased.value.range]))
        try scene.archiveAll()
        let expected = try scene.made()
        let outcome = try scene.archive.compact(.play, scene.setup.residues)
        #expect(outcome?.erasedCount == 3)
        let second = try scene.lines()
        #expect(second.prefix(9).map(\.event.eventId) == first.prefix(9).map(\.event.eventId))
        #expect(second.filter { $0.event.userId == "gone" }.map(\.offset) == [13])
        #expect(second.map { $0.event.outcome ?? "" }.suffix(5) == ["applied", "", "duplicate", "applied", ""])
        let found = try scene.made()
        #expect(found.ledgers == expected.ledgers && found.titles == expected.titles)
        let (mine, theirs) = try (tombstone(found), tombstone(expected))
        #expect(mine.recentIDs == theirs.recentIDs && mine.recentIDs.entries.count == 6 && mine.isErased)
        #expect(try scene.archive.check(.play).problems == [])
        await scene.log.close()
    }
}
