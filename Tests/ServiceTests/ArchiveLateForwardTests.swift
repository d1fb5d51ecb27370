import EventLog
import Events
import Features
import Jobs
import Testing

@testable import Service

/// What jobs that lag have forwarded of an erased viewer's records, after the erasure (DESIGN §6.9).
@Suite struct ArchiveLateForwardTests {
    private static let settings: JobSettings = {
        var settings = JobSettings()
        let variants = ["a", "b"].map { ThumbnailTest.Variant(id: VariantID($0), artwork: ArtworkID("art-\($0)"), weight: 0.5) }
        settings.tests = [ThumbnailTest(id: TestID("test"), title: TitleID("sintel"), variants: variants, coverage: 1)]
        return settings
    }()

    private func forward(_ scene: ArchiveScene, _ user: String, of source: Int64, number: UInt64) async {
        let bytes = Array("\(user)testa".utf8)
        var value: [UInt8] = []
        bytes.withUnsafeBytes { bytes in
            func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
            let end = bytes.count
            let header = InternalEventWriter.Header(
                id: EventID(high: 5, low: number), timestamp: wallClockMilliseconds() - 61 * 3_600_000, user: part(0..<end - 5))
            var output: [UInt8] = []
            let record = scene.setup.residues.writer.attributionImpression(
                header, test: part(end - 5..<end - 1), variant: part(end - 1..<end), sourceOffset: source, into: &output)
            value = Array(output[record.value.range])
        }
        await scene.append(key: user, value: value)
    }

    private func erase(_ scene: ArchiveScene, _ user: String, upTo offset: Int64) async {
        var bytes: [UInt8] = []
        let erased = scene.setup.residues.writer.userErased(
            id: EventID(high: 3, low: UInt64(offset)), user: user, timestamp: wallClockMilliseconds() - 61 * 3_600_000,
            sourceOffsets: [offset, offset, offset], into: &bytes)
        await scene.append(key: user, value: Array(bytes[erased.value.range]))
    }

    /// `gone` at 0, 2, 5 and (once more) 6, erased at 3, and back at 7; `stays` at 1 and 4; `late`, of whom all comes late, at 9.
    private func filled() async throws -> ArchiveScene {
        let scene = try await ArchiveScene(.attribution, hoursAgo: 60, settings: Self.settings)
        await forward(scene, "gone", of: 10, number: 0)
        await forward(scene, "stays", of: 11, number: 1)
        await forward(scene, "gone", of: 12, number: 2)
        await erase(scene, "gone", upTo: 20)
        await forward(scene, "stays", of: 13, number: 4)
        await forward(scene, "gone", of: 19, number: 5)
        await forward(scene, "gone", of: 19, number: 5)
        await forward(scene, "gone", of: 21, number: 7)
        await erase(scene, "late", upTo: 30)
        await forward(scene, "late", of: 30, number: 9)
        try scene.archiveAll()
        return scene
    }

    @Test func whatWasForwardedTooLateGoesWithTheRest() async throws {
        let scene = try await filled()
        let expected = try scene.made()
        let outcome = try scene.archive.compact(.attribution, scene.setup.residues)
        #expect(outcome?.erasedCount == 5)
        let lines = try scene.lines()
        #expect(lines.map { $0.event.outcome ?? "" } == ["applied", "", "applied", "", "", "applied", "duplicate", "", "", "applied"])
        #expect(lines.filter { $0.event.userId == "gone" }.map(\.offset) == [3, 7], "the erasure, and what the viewer did after it")
        #expect(lines.filter { $0.event.userId == "late" }.map(\.offset) == [8])
        #expect(lines[0].event.effects?.contains("test") == true && lines[5].event.effects?.isEmpty == true)
        let found = try scene.made()
        #expect(found.ledgers == expected.ledgers && found.titles == expected.titles && !found.titles.isEmpty)
        #expect(found.users["stays"] == expected.users["stays"])
        for user in ["gone", "late"] { #expect(try state(found, user) == state(expected, user)) }
        #expect(try state(found, "gone").tests.count == 1)
        #expect(try scene.archive.check(.attribution).problems == [])
        let again = try scene.archive.compact(.attribution, scene.setup.residues)
        #expect(again?.erasedCount == 0 && again?.filesAfter == 0)
        await scene.log.close()
    }

    private func state(_ made: ArchiveScene.Made, _ user: String) throws -> AttributionState {
        var names = NameTable()
        return try #require(made.users[user]).withUnsafeBytes { bytes throws(StateError) in
            try UserValue<AttributionState>(from: bytes, names: &names).state
        }
    }

    @Test func theErasureWaitsForWhatMayComeLate() async throws {
        let scene = try await filled()
        let early = try scene.archive.compact(.attribution, scene.setup.residues, now: wallClockMilliseconds() - 13 * 3_600_000)
        #expect(early?.erasedCount == 0)
        #expect(try scene.lines().count { $0.event.userId == "gone" } == 6)
        let due = try scene.archive.compact(.attribution, scene.setup.residues)
        #expect(due?.erasedCount == 5)
        await scene.log.close()
    }
}
