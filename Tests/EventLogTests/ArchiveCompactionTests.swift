import Events
import NIOConcurrencyHelpers
import TestSupport
import Testing

@testable import EventLog

/// Compaction changes the files, never the records, but for those of erased users, of which it keeps what is left.
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
        var compaction = fixture.compaction(writer)
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
        var again = fixture.compaction(writer)
        let nothing = try again.run(now: fixture.clock.now)
        #expect(nothing == ArchiveCompaction.Outcome())
        await fixture.log.close()
    }

    @Test func keepsOfErasedUsersWhatIsLeft() async throws {
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
        var early = fixture.compaction(writer)
        let before = try early.run(now: fixture.clock.now)
        #expect(before.erasedCount == 0, "the hour of the erasures is not over")
        var compaction = fixture.compaction(writer)
        let outcome = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        let archived = try fixture.recordsInArchive()
        #expect(archived == fixture.compacted(onLog))
        let removed = archived.values.joined().count { $0.key.isEmpty }
        #expect(removed == outcome.erasedCount && removed >= 200 / 7 * 2)
        for user in ["user-3", "user-5"] {
            let naming = archived.values.joined().filter { $0.names(user) }
            let erasure = try #require(naming.first { $0.names(EventType.userErased.rawValue) }, "the erasure stays, for a replay")
            #expect(naming.allSatisfy { $0.offset >= erasure.offset })
        }
        let report = try fixture.check()
        #expect(report.problems == [] && report.erasedCount == Int64(removed))
        let left = try writer.manifest.erasures()
        #expect(left == [])
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
        var compaction = fixture.compaction(writer)
        _ = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        let onLog = try await fixture.recordsOnLog()
        let archived = try fixture.recordsInArchive()
        #expect(archived == fixture.compacted(onLog))
        let report = try fixture.check()
        #expect(report.problems == [] && report.erasedCount > 20)
        let reader = ArchiveReader(fixture.archive, topic: .play)
        let first = try reader.offset(partition: 0, atOrAfter: 0)
        #expect(first == archived[0]?.first?.offset)
        await fixture.log.close()
    }

    /// What is left is written from a partition's end back: whatever stands before it is still what the users did.
    @Test(arguments: 1...3) func aCrashLeavesWhatTheNextRunNeeds(fileCount: Int) async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        let writer = try fixture.writer()
        for step in 0..<3 {
            fixture.append(step * 30..<step * 30 + 30, users: 3)
            if step == 2 { fixture.erase(user: "user-1") }
            try fixture.archiveAll(writer)
            fixture.clock.now += ArchiveFixture.hour
        }
        let onLog = try await fixture.recordsOnLog()
        let expected = fixture.compacted(onLog)
        let begun = NIOLockedValueBox(0)
        writer.atStep = { (step) throws(LogError) in
            guard step == .begun else { return }
            let count = begun.withLockedValue { count in
                count += 1
                return count
            }
            if count == fileCount { throw LogError(.full, "no space left") }
        }
        #expect(throws: LogError.self) {
            var compaction = fixture.compaction(writer)
            _ = try compaction.run(now: fixture.clock.now)
        }
        let start: Int64 = [91, 60, 30][fileCount - 1]
        let half = try fixture.recordsInArchive()
        #expect(half[0]?.filter { $0.offset < start } == onLog[0]?.filter { $0.offset < start })
        #expect(half[0]?.filter { $0.offset >= start } == expected[0]?.filter { $0.offset >= start })
        #expect(try fixture.check().problems == [])
        writer.atStep = { _ in }
        var compaction = fixture.compaction(writer)
        let outcome = try compaction.run(now: fixture.clock.now)
        #expect(outcome.filesAfter == 4 - fileCount)
        #expect(try fixture.recordsInArchive() == expected)
        #expect(try fixture.check().problems == [])
        await fixture.log.close()
    }

    @Test func erasuresWaitUntilItCanBeToldWhatIsLeft() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        let writer = try fixture.writer()
        fixture.append(0..<20)
        fixture.erase(user: "user-3")
        try fixture.archiveAll(writer)
        fixture.clock.now += ArchiveFixture.hour
        let onLog = try await fixture.recordsOnLog()
        var waiting = ArchiveCompaction(writer) { _ in nil }
        let nothing = try waiting.run(now: fixture.clock.now)
        #expect(nothing == ArchiveCompaction.Outcome())
        #expect(try fixture.recordsInArchive() == onLog)
        var compaction = fixture.compaction(writer)
        let outcome = try compaction.run(now: fixture.clock.now)
        #expect(outcome.erasedCount == 3)
        await fixture.log.close()
    }

    @Test func manyErasuresAreCarriedOutInTurns() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        let writer = try fixture.writer()
        fixture.append(0..<1560, users: 520)
        try fixture.archiveAll(writer)
        fixture.clock.now += ArchiveFixture.hour
        for number in 0..<520 { fixture.erase(user: "user-\(number)") }
        try fixture.archiveAll(writer)
        var compaction = fixture.compaction(writer)
        let outcome = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        #expect(outcome.erasedCount == 1560)
        let onLog = try await fixture.recordsOnLog()
        #expect(try fixture.recordsInArchive() == fixture.compacted(onLog))
        #expect(try fixture.check().problems == [])
        #expect(try writer.manifest.erasures() == [])
        await fixture.log.close()
    }
}

extension ArchivedRecord {
    /// True where the text stands in the key or the value.
    fileprivate func names(_ text: String) -> Bool {
        let text = Array(text.utf8)
        return [key, value].contains { bytes in
            bytes.indices.contains { bytes[$0...].starts(with: text) }
        }
    }
}
