import Events
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// Compaction changes the files, never the records, but for those of erased users.
@Suite struct ArchiveCompactionTests {
    @Test func mergesTheFilesOfClosedHoursByteForByte() async throws {
        let fixture = try await ArchiveFixture()
        let writer = try fixture.writer()
        for step in 0..<10 {
            fixture.append(step * 50..<step * 50 + 50)
            fixture.appendForeign()
            try fixture.archiveAll(writer)
            if step == 5 { fixture.clock.now += ArchiveFixture.hour }
        }
        let onLog = try await fixture.recordsOnLog()
        #expect(fixture.paths().count == 20)
        let reader = ArchiveReader(fixture.archive, topic: .play)
        var batch = RecordBatch()
        var next = try reader.read(partition: 0, from: 0, into: &batch, recordCountMax: 5)
        var compaction = ArchiveCompaction(writer)
        let outcome = try compaction.run(now: fixture.clock.now)
        #expect(outcome == ArchiveCompaction.Outcome(filesBefore: 12, filesAfter: 2, erasedCount: 0))
        #expect(fixture.paths().count == 10)
        // A reader that began before goes on through the manifest.
        while let offset = next { next = try reader.read(partition: 0, from: offset, into: &batch, recordCountMax: 100) }
        #expect(batch.archived == onLog[0])
        let archived = try fixture.recordsInArchive()
        #expect(archived == onLog)
        let report = try fixture.check()
        #expect(report.problems == [])
        var again = ArchiveCompaction(writer)
        let nothing = try again.run(now: fixture.clock.now)
        #expect(nothing == ArchiveCompaction.Outcome())
        await fixture.log.close()
    }

    @Test func removesWhatErasedUsersDidBefore() async throws {
        let fixture = try await ArchiveFixture()
        let writer = try fixture.writer()
        fixture.append(0..<200)
        try fixture.archiveAll(writer)
        fixture.clock.now += ArchiveFixture.hour
        fixture.erase(user: "user-3")
        fixture.append(200..<300)
        fixture.erase(user: "user-5")
        try fixture.archiveAll(writer)
        let onLog = try await fixture.recordsOnLog()
        var early = ArchiveCompaction(writer)
        let before = try early.run(now: fixture.clock.now)
        #expect(before.erasedCount == 0, "the hour of the erasures is not over")
        var compaction = ArchiveCompaction(writer)
        let outcome = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        let archived = try fixture.recordsInArchive()
        #expect(archived == withoutErased(onLog))
        let removed = onLog.values.joined().count - archived.values.joined().count
        #expect(removed == outcome.erasedCount && removed >= 200 / 7 * 2)
        let report = try fixture.check()
        #expect(report.problems == [] && report.erasedCount == Int64(removed))
        let left = try writer.manifest.erasures()
        #expect(left == [])
        for path in fixture.paths() {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.archive.path(of: .play) + "/" + path))
            #expect(!bytes.isEmpty)
        }
        let again = try fixture.recordsInArchive().values.joined().filter { $0.key == Array("user-5".utf8) }
        #expect(again.count == 1, "the erasure itself stays, for a replay")
        await fixture.log.close()
    }

    @Test func aFileMayBeErasedWhole() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        let writer = try fixture.writer()
        fixture.append(0..<20, users: 1)
        try fixture.archiveAll(writer)
        fixture.clock.now += ArchiveFixture.hour
        fixture.append(20..<30)
        fixture.erase(user: "user-0")
        try fixture.archiveAll(writer)
        var compaction = ArchiveCompaction(writer)
        _ = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        let onLog = try await fixture.recordsOnLog()
        let archived = try fixture.recordsInArchive()
        #expect(archived == withoutErased(onLog))
        let report = try fixture.check()
        #expect(report.problems == [] && report.erasedCount > 20)
        let reader = ArchiveReader(fixture.archive, topic: .play)
        let first = try reader.offset(partition: 0, atOrAfter: 0)
        #expect(first == archived[0]?.first?.offset)
        await fixture.log.close()
    }
}
