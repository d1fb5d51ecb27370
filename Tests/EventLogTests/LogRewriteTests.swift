import Events
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// A log written anew with another number of partitions.
@Suite struct LogRewriteTests {
    /// A record without its place.
    private struct Content: Hashable {
        var timestamp: Int64
        var value: [UInt8]
    }

    private func byKey(_ records: [Int32: [ArchivedRecord]]) -> [[UInt8]: [Content]] {
        records.values.joined().reduce(into: [:]) { $0[$1.key, default: []].append(Content(timestamp: $1.timestamp, value: $1.value)) }
    }

    private func records(_ log: any EventLog, _ topic: Topic = .play) async throws -> [Int32: [ArchivedRecord]] {
        let count = try await log.ranges(topic).reduce(0) { $0 + Int($1.count(from: 0)) }
        let consumer = try log.consumer(topic, group: nil)
        return try await reading(consumer) { try $0.collectRecords(count, recordCountMax: 97) }
    }

    /// What must hold of every rewrite: same records by key in the same order under the same times, each where its key belongs where it has one,
    /// times that do not fall, offsets beyond all old ones.
    private func expectEqual(_ new: [Int32: [ArchivedRecord]], _ old: [Int32: [ArchivedRecord]], partitions: Int) {
        #expect(byKey(new) == byKey(old))
        let oldEnd = old.values.joined().map(\.offset).max() ?? -1
        for (number, records) in new {
            let keyed = records.filter { !$0.key.isEmpty }
            #expect(keyed.allSatisfy { record in record.key.withUnsafeBytes { partition(of: $0, count: partitions) } == number })
            #expect(zip(records, records.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp && $0.offset + 1 == $1.offset })
            #expect((records.first?.offset ?? .max) > oldEnd)
        }
    }

    /// Appends at random: many users, a clock that stands still, runs, and is set back.
    private func fill(_ fixture: ArchiveFixture, _ random: inout SplitMix64, steps: Int) {
        var number = 0
        for _ in 0..<steps {
            let count = Int.random(in: 1...40, using: &random)
            fixture.append(number..<number + count, users: 23)
            number += count
            fixture.clock.now += [0, 0, 1, 17, 40_000, -30][Int.random(in: 0..<6, using: &random)]
        }
    }

    @Test(arguments: [(1, 4), (4, 1), (3, 7), (5, 5), (2, 300)])
    func everyKeyKeepsItsRecordsInOrder(old: Int, new: Int) async throws {
        let fixture = try await ArchiveFixture(partitions: old)
        var random = SplitMix64(seed: UInt64(old * 1000 + new))
        fill(fixture, &random, steps: 60)
        fixture.appendForeign()
        let before = try await records(fixture.log)
        let target = fixture.folder.path("new")
        let rewrite = LogRewrite(
            source: fixture.folder.path("log"), archive: fixture.archive, target: try made(target), partitionCount: new)
        let written = try rewrite.rewrite(.play)
        #expect(written.recordCount == before.values.joined().count && written.description.partitions == new)
        #expect(written.description.generation != fixture.topic.generation)
        let log = try EmbeddedLog(folder: target, clock: { fixture.clock.now })
        _ = try await log.open(.play, partitions: new)
        expectEqual(try await records(log), before, partitions: new)
        #expect(try await log.ranges(.play) == written.ranges)
        #expect(try await records(fixture.log) == before)
        await log.close()
    }

    @Test func whatRetentionDroppedComesFromTheArchive() async throws {
        let fixture = try await ArchiveFixture(partitions: 3)
        for step in 0..<3 {
            fixture.append(step * 200..<step * 200 + 200)
            if step == 1 { try fixture.archiveAll(fixture.writer()) }
            fixture.clock.now += ArchiveFixture.hour
        }
        let before = try await records(fixture.log)
        try await fixture.log.trim(.play, before: ArchiveFixture.start + 1)
        let target = try made(fixture.folder.path("new"))
        let rewrite = LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 2)
        _ = try rewrite.rewrite(.play)
        let log = try EmbeddedLog(folder: target)
        _ = try await log.open(.play, partitions: 2)
        expectEqual(try await records(log), before, partitions: 2)
        await log.close()
    }

    /// Erases twelve users, archives all, and an hour later drops what is to be dropped; answers what the archive then holds.
    private func compactedArchive(_ fixture: ArchiveFixture) throws -> [Int32: [ArchivedRecord]] {
        for number in 0..<12 { fixture.erase(user: "user-\(number)") }
        let writer = try fixture.writer()
        try fixture.archiveAll(writer)
        fixture.clock.now += ArchiveFixture.hour
        var compaction = fixture.compaction(writer)
        _ = try compaction.run(now: fixture.clock.now)
        return try fixture.recordsInArchive()
    }

    @Test func whatIsLeftOfErasedUsersComesAlong() async throws {
        let fixture = try await ArchiveFixture(partitions: 3)
        fixture.append(0..<300, users: 23)
        let before = try compactedArchive(fixture)
        try await fixture.log.trim(.play, before: fixture.clock.now)
        let target = try made(fixture.folder.path("new"))
        _ = try LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 2).rewrite(.play)
        let log = try EmbeddedLog(folder: target)
        let topic = try await log.open(.play, partitions: 2)
        let after = try await records(log)
        for (number, records) in after {
            let residues = records.filter(\.key.isEmpty)
            let expected = before.filter { $0.key % 2 == number }.values.joined().filter(\.key.isEmpty)
            #expect(!residues.isEmpty && Set(residues.map(\.value)) == Set(expected.map(\.value)) && residues.count == expected.count)
        }
        var (old, new) = (byKey(before), byKey(after))
        (old[[]], new[[]]) = ([], [])
        #expect(new == old)
        // Its archive knows them for what they are.
        let archive = Archive(folder: fixture.folder.path("archive-2"))
        let texts = fixture.schemaTexts
        let later = try ArchiveWriter(
            archive, topic: topic, columns: try ArchiveColumns(topic: .play, schemas: fixture.schemas), schemas: { texts[$0] })
        try EventLogTests.archive(log, later)
        let report = try fixture.check(archive, logFolder: target)
        #expect(report.problems == [] && report.erasedCount == Int64(before.values.joined().count(where: \.key.isEmpty)))
        await log.close()
        await fixture.log.close()
    }

    /// The log still has some of what the archive has dropped; events and erasure must come from one of them.
    @Test func anArchiveOnceBegunIsReadToItsEnd() async throws {
        let fixture = try await ArchiveFixture(partitions: 2)
        fixture.append(0..<200, users: 23)
        fixture.clock.now += ArchiveFixture.hour
        let kept = fixture.clock.now
        fixture.append(200..<400, users: 23)
        let archived = try compactedArchive(fixture)
        fixture.append(400..<420, users: 23)
        let later = try await records(fixture.log).values.joined().filter { $0.timestamp >= fixture.clock.now }
        try await fixture.log.trim(.play, before: kept)
        let target = try made(fixture.folder.path("new"))
        _ = try LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 1).rewrite(.play)
        let log = try EmbeddedLog(folder: target)
        _ = try await log.open(.play, partitions: 1)
        let found = try await records(log).values.joined().map { Content(timestamp: $0.timestamp, value: $0.value) }
        let expected = (archived.values.joined() + later).map { Content(timestamp: $0.timestamp, value: $0.value) }
        #expect(later.count == 20 && Set(found) == Set(expected) && found.count == expected.count)
        await log.close()
        await fixture.log.close()
    }

    @Test func aLogWithoutItsBeginningIsRefused() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        fixture.append(0..<50)
        fixture.clock.now += ArchiveFixture.hour
        fixture.append(50..<60)
        try await fixture.log.trim(.play, before: ArchiveFixture.start + 1)
        let target = try made(fixture.folder.path("new"))
        let rewrite = LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 2)
        let error = #expect(throws: LogError.self) { _ = try rewrite.rewrite(.play) }
        #expect(error?.kind == .mismatch && error?.description.contains("before offset 50") == true)
    }

    @Test func deadLettersThatWentByTheirAgeAreNotMissed() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        _ = try await fixture.log.open(.deadLetters, partitions: 1)
        _ = await fixture.log.append(.numbered(.deadLetters, 0..<10))
        fixture.clock.now += ArchiveFixture.hour
        try await fixture.log.trim(.deadLetters, before: .max)
        _ = await fixture.log.append(.numbered(.deadLetters, 10..<15))
        let target = try made(fixture.folder.path("new"))
        let rewrite = LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 2)
        let written = try rewrite.rewrite(.deadLetters)
        #expect(written.recordCount == 5)
        await fixture.log.close()
    }

    @Test func theNewLogGoesOnAndIsArchivedAndRewrittenAgain() async throws {
        let fixture = try await ArchiveFixture(partitions: 2)
        fixture.append(0..<100)
        let archive = Archive(folder: fixture.folder.path("archive-2"))
        let target = try made(fixture.folder.path("new"))
        _ = try LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 5).rewrite(.play)
        let log = try EmbeddedLog(folder: target)
        let topic = try await log.open(.play, partitions: 5)
        let outcomes = log.appendBlocking(.numbered(.play, 100..<200))
        let ranges = try await log.ranges(.play)
        #expect(outcomes.allSatisfy { ($0.position?.offset ?? -1) >= 50 })
        #expect(ranges.reduce(0) { $0 + $1.count(from: 0) } == 200)
        let all = try await records(log)
        // A later archive begins where the log does, and reads as one with it.
        let writer = try ArchiveWriter(
            archive, topic: topic, columns: try ArchiveColumns(topic: .play, schemas: fixture.schemas), schemas: { _ in nil })
        try EventLogTests.archive(log, writer)
        #expect(try fixture.recordsInArchive(archive) == all)
        let third = try made(fixture.folder.path("third"))
        _ = try LogRewrite(source: target, archive: archive, target: third, partitionCount: 3).rewrite(.play)
        let last = try EmbeddedLog(folder: third)
        _ = try await last.open(.play, partitions: 3)
        expectEqual(try await records(last), all, partitions: 3)
        await log.close()
        await last.close()
    }

    @Test func followedRecordsAreFoundAgain() async throws {
        let fixture = try await ArchiveFixture(partitions: 2)
        let positions = fixture.append(0..<90).compactMap(\.position)
        let target = try made(fixture.folder.path("new"))
        let followed = Set(positions.enumerated().filter { $0.offset % 7 == 0 }.map(\.element))
        let written = try LogRewrite(source: fixture.folder.path("log"), archive: fixture.archive, target: target, partitionCount: 3)
            .rewrite(.play, following: followed)
        #expect(Set(written.moved.keys) == followed)
        let before = try await records(fixture.log)
        let log = try EmbeddedLog(folder: target)
        _ = try await log.open(.play, partitions: 3)
        let after = try await records(log)
        for (old, new) in written.moved {
            let record = before[old.partition]?.first { $0.offset == old.offset }
            let moved = after[new.partition]?.first { $0.offset == new.offset }
            #expect(record?.value == moved?.value && record?.key == moved?.key && record != nil)
        }
        await log.close()
    }

    private func made(_ path: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
