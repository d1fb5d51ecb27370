import Events
import Foundation
import GRDB
import TestSupport
import Testing

@testable import EventLog

/// The check names what is wrong, and readers refuse it.
@Suite struct ArchiveCheckTests {
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func findsAFlippedBitAnywhere(seed: UInt64) async throws {
        let fixture = try await archived()
        let file = try #require(try ArchiveReader(fixture.archive, topic: .play).listing().dropFirst().first)
        let url = URL(fileURLWithPath: fixture.archive.path(of: .play) + "/" + file.path)
        var bytes = try Data(contentsOf: url)
        var random = SplitMix64(seed: seed)
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        try bytes.write(to: url)
        let problems = try fixture.check().problems
        #expect(problems.map(\.kind) == [.damaged])
        #expect(problems.first?.description.contains(file.path) == true && problems.first?.firstOffset == file.firstOffset)
        let error = #expect(throws: LogError.self) { _ = try fixture.recordsInArchive() }
        #expect(error?.kind == .invalid)
        await fixture.log.close()
    }

    @Test func findsAMissingFile() async throws {
        let fixture = try await archived()
        let file = try #require(try ArchiveReader(fixture.archive, topic: .play).listing().first)
        try FileManager.default.removeItem(atPath: fixture.archive.path(of: .play) + "/" + file.path)
        let problems = try fixture.check().problems
        #expect(problems.map(\.kind) == [.missing])
        #expect(problems.first?.description.contains(file.path) == true)
        let error = #expect(throws: LogError.self) { _ = try fixture.recordsInArchive() }
        #expect(error?.description.contains("is missing") == true)
        await fixture.log.close()
    }

    /// Whoever wrote on would find files that nothing lists, and remove them.
    @Test(arguments: [true, false]) func filesWithoutAManifestAreNamedAndStay(isEmpty: Bool) async throws {
        let fixture = try await archived()
        let files = try ArchiveReader(fixture.archive, topic: .play).listing()
        let manifest = fixture.archive.manifestPath(of: .play)
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: manifest + suffix) }
        if isEmpty { try Data().write(to: URL(fileURLWithPath: manifest)) }
        let problems = try fixture.check().problems
        #expect(problems.map(\.kind) == [.missing] && problems.first?.description.contains("recs restore") == true)
        let error = #expect(throws: LogError.self) { _ = try fixture.writer() }
        #expect(error?.description.contains(manifest) == true)
        #expect(files.allSatisfy { FileManager.default.fileExists(atPath: fixture.archive.path(of: .play) + "/" + $0.path) })
        await fixture.log.close()
    }

    @Test func findsAHoleAnOverlapAndAnErasureThatIsNotTrue() async throws {
        let fixture = try await archived()
        let files = try ArchiveReader(fixture.archive, topic: .play).listing()
        try change(fixture, "DELETE FROM files WHERE path = '\(files[1].path)'")
        let hole = try fixture.check().problems
        #expect(hole.map(\.kind) == [.hole])
        #expect(hole.first?.firstOffset == files[1].firstOffset && hole.first?.lastOffset == files[1].lastOffset)
        try change(fixture, "UPDATE files SET first_offset = first_offset - 3 WHERE path = '\(files[2].path)'")
        try change(fixture, "UPDATE files SET last_offset = \(files[1].lastOffset) WHERE path = '\(files[0].path)'")
        let overlap = try fixture.check().problems
        #expect(overlap.map(\.kind).contains(.overlap) && overlap.map(\.kind).contains(.records))
        await fixture.log.close()

        let other = try await archived()
        try change(other, "INSERT INTO absences VALUES (0, \(files[0].firstOffset + 2), \(files[0].firstOffset + 2), 'erased')")
        let problems = try other.check().problems
        #expect(problems.map(\.kind) == [.records])
        await other.log.close()
    }

    @Test func findsAFileThatBeginsLaterThanIsListed() async throws {
        let fixture = try await archived()
        let files = try ArchiveReader(fixture.archive, topic: .play).listing()
        try change(fixture, "UPDATE files SET last_offset = last_offset - 1 WHERE path = '\(files[0].path)'")
        try change(fixture, "UPDATE files SET first_offset = first_offset - 1 WHERE path = '\(files[1].path)'")
        let problems = try fixture.check().problems
        #expect(problems.map(\.kind) == [.records, .records])
        #expect(problems.map(\.firstOffset) == [files[0].firstOffset, files[1].firstOffset - 1])
        await fixture.log.close()
    }

    @Test func findsThatThePartitionBeganEarlier() async throws {
        let fixture = try await archived()
        let files = try ArchiveReader(fixture.archive, topic: .play).listing()
        // As a program left it that did not note where partitions began, opened once to write.
        try change(fixture, "DROP TABLE starts")
        #expect(try fixture.check().problems.isEmpty)
        _ = try fixture.writer()
        try change(fixture, "DELETE FROM files WHERE path = '\(files[0].path)'")
        let hole = try fixture.check().problems
        #expect(hole.map(\.kind) == [.hole])
        #expect(hole.first?.firstOffset == files[0].firstOffset && hole.first?.lastOffset == files[0].lastOffset)
        try change(fixture, "DELETE FROM files")
        let nothing = try fixture.check().problems
        #expect(nothing.map(\.kind) == [.hole] && nothing.first?.firstOffset == files[0].firstOffset)
        await fixture.log.close()
    }

    @Test func findsWhatIsLeftOfErasedRecordsInAWrongPlace() async throws {
        let fixture = try await archived()
        let writer = try fixture.writer()
        fixture.clock.now += ArchiveFixture.hour
        fixture.erase(user: "user-4")
        try fixture.archiveAll(writer)
        var compaction = fixture.compaction(writer)
        _ = try compaction.run(now: fixture.clock.now + ArchiveFixture.hour)
        let clean = try fixture.check()
        #expect(clean.problems == [] && clean.erasedCount == 43 && clean.recordCount == 301)
        let first = Int64(4)
        try change(fixture, "DELETE FROM absences WHERE first_offset = \(first)")
        let unlisted = try fixture.check().problems
        #expect(unlisted.map(\.kind) == [.records])
        #expect(unlisted.first?.description.contains("offset \(first) holds what is left") == true)
        try change(fixture, "INSERT INTO absences VALUES (0, \(first), \(first), 'erased'), (0, \(first + 1), \(first + 1), 'erased')")
        let other = try fixture.check().problems
        #expect(other.first?.description.contains("offset \(first + 1) is listed as erased, and another record stands there") == true)
        try change(fixture, "UPDATE absences SET reason = 'not_on_log' WHERE first_offset = \(first)")
        let notOnLog = try fixture.check().problems
        #expect(notOnLog.first?.description.contains("offset \(first) is listed as not on the log") == true)
        await fixture.log.close()
    }

    @Test func findsWhatNeitherTheLogNorTheArchiveHolds() async throws {
        let fixture = try await archived()
        fixture.append(300..<350)
        #expect(try fixture.check().problems.isEmpty)
        try await fixture.log.trim(.play, before: .max)
        let kept = try #require(try await fixture.log.ranges(.play).first).start
        let holes = try fixture.check().problems
        #expect(kept > 300 && holes.map(\.kind) == [.hole] && holes.map(\.firstOffset) == [300] && holes.map(\.lastOffset) == [kept - 1])
        try FileManager.default.removeItem(atPath: fixture.archive.path(of: .play))
        let all = try fixture.check().problems
        #expect(all.map(\.kind) == [.hole] && all.map(\.firstOffset) == [0] && all.map(\.lastOffset) == [kept - 1])
        await fixture.log.close()
    }

    /// The archive is looked at all the same.
    @Test func aLogThatCannotBeReadIsAProblem() async throws {
        let fixture = try await archived()
        let folder = fixture.folder.path("damaged")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("no database".utf8).write(to: URL(fileURLWithPath: folder + "/play_events.sqlite"))
        let report = try fixture.check(logFolder: folder)
        #expect(report.problems.map(\.kind) == [.log] && report.recordCount == 300)
        await fixture.log.close()
    }

    @Test func findsAnOlderLogAndAnother() async throws {
        let fixture = try await archived()
        let folder = fixture.folder.path("older")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try LogSnapshot.copy(.play, of: fixture.folder.path("log"), to: folder + "/play_events.sqlite")
        #expect(try fixture.check(logFolder: folder).problems.isEmpty)
        fixture.append(300..<310)
        try fixture.archiveAll(try fixture.writer())
        let ahead = try fixture.check(logFolder: folder).problems
        #expect(ahead.map(\.kind) == [.ahead] && ahead.map(\.firstOffset) == [300] && ahead.map(\.lastOffset) == [309])
        // Nor are they of the copy once it goes on, whatever the archive takes in from it.
        try LogSnapshot.leap(.play, in: folder)
        let copy = try EmbeddedLog(folder: folder, clock: { 0 })
        _ = try await copy.open(.play, partitions: 1)
        _ = copy.appendBlocking(.numbered(.play, 0..<5))
        #expect(try fixture.check(logFolder: folder).problems == ahead)
        try archive(copy, try fixture.writer(gaps: true))
        #expect(try fixture.check(logFolder: folder).problems == ahead)
        await copy.close()
        let other = try await archived()
        #expect(try fixture.check(logFolder: other.folder.path("log")).problems.map(\.kind) == [.foreign])
        for fixture in [fixture, other] { await fixture.log.close() }
    }

    /// Three files of one partition.
    private func archived() async throws -> ArchiveFixture {
        let fixture = try await ArchiveFixture(partitions: 1)
        let writer = try fixture.writer()
        for step in 0..<3 {
            fixture.append(step * 100..<step * 100 + 100)
            try fixture.archiveAll(writer)
        }
        return fixture
    }

    private func change(_ fixture: ArchiveFixture, _ sql: String) throws {
        try DatabaseQueue(path: fixture.archive.manifestPath(of: .play)).inDatabase { try $0.execute(sql: sql) }
    }
}
