import Events
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// A restored copy of a log goes on where its original cannot have been.
@Suite struct LogLeapTests {
    /// The copy that a backup of the log would be restored as, opened.
    private func restored(_ fixture: ArchiveFixture, _ name: String, from source: String = "log") async throws -> EmbeddedLog {
        let folder = fixture.folder.path(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try LogSnapshot.copy(.play, of: fixture.folder.path(source), to: folder + "/play_events.sqlite")
        try LogSnapshot.leap(.play, in: folder)
        let log = try EmbeddedLog(folder: folder, clock: { fixture.clock.now })
        _ = try await log.open(.play, partitions: 2)
        return log
    }

    @Test func offsetsOfALostFutureAreNotHandedOutAgain() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<60)
        let ends = try await fixture.log.ranges(.play)
        let copy = try await restored(fixture, "copy")
        let future = fixture.append(60..<500).compactMap(\.position)
        let before = try await copy.ranges(.play)
        #expect(before.map(\.end) == ends.map(\.end) && before.allSatisfy { $0.count(from: 0) == $0.end })
        fixture.clock.now += 1000
        let now = copy.appendBlocking(.numbered(.play, 60..<90)).compactMap(\.position)
        let ranges = try await copy.ranges(.play)
        var lost = LostOffsets()
        lost.add(.play, ranges)
        #expect(Set(future).isDisjoint(with: now))
        #expect(future.allSatisfy(lost.contains) && !now.contains(where: lost.contains))
        #expect((0..<ends[0].end).allSatisfy { !ranges[0].isLost($0) })
        #expect(ranges.reduce(0) { $0 + $1.count(from: 0) } == 90)
        #expect(zip(ranges, ends).allSatisfy { $0.count(from: $1.end) == $0.count(from: $0.passingLeaps($1.end)) })
        await copy.close()
    }

    @Test func readersPassOverWhatWasLost() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<60)
        let copy = try await restored(fixture, "copy")
        let waiting = ConsumerOnThread(try copy.consumer(.play, group: nil))
        let first = try await onOwnThread { try waiting.consumer.collectRecords(60, recordCountMax: 13) }
        fixture.clock.now += 1000
        let late = fixture.clock.now
        _ = copy.appendBlocking(.numbered(.play, 60..<90))
        let rest = try await onOwnThread {
            defer { waiting.consumer.close() }
            return try waiting.consumer.collectRecords(30, recordCountMax: 7)
        }
        let all = try await reading(try copy.consumer(.play, group: nil)) { try $0.collectRecords(90) }
        for partition in [Int32(0), 1] { #expect((first[partition] ?? []) + (rest[partition] ?? []) == all[partition]) }
        for (time, count) in [(0, 90), (late, 30), (late + 1, 0)] as [(Int64, Int)] {
            let offsets = try await copy.offsets(.play, atOrAfter: time)
            let found = all.reduce(0) { count, entry in count + entry.value.count { $0.offset >= offsets[entry.key] ?? -1 } }
            #expect(found == count)
        }
        await copy.close()
    }

    @Test func copiesOfCopiesLeapOn() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<60)
        let first = try await restored(fixture, "first")
        await first.close()
        // Once without anything appended in between, once with.
        let second = try await restored(fixture, "second", from: "first")
        let positions = second.appendBlocking(.numbered(.play, 60..<90)).compactMap(\.position)
        await second.close()
        let third = try await restored(fixture, "third", from: "second")
        let last = third.appendBlocking(.numbered(.play, 90..<95)).compactMap(\.position)
        var lost = LostOffsets()
        lost.add(.play, try await third.ranges(.play))
        #expect(!positions.contains(where: lost.contains) && !last.contains(where: lost.contains))
        #expect(last.allSatisfy { last in positions.allSatisfy { $0.partition != last.partition || $0.offset < last.offset } })
        let all = try await reading(try third.consumer(.play, group: nil)) { try $0.collectRecords(95) }
        #expect(all.values.joined().count == 95)
        await third.close()
    }

    @Test func theArchiveGoesOnAcrossTheLeap() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<60)
        try fixture.archiveAll(fixture.writer())
        let copy = try await restored(fixture, "copy")
        _ = copy.appendBlocking(.numbered(.play, 60..<90))
        let writer = try fixture.writer(gaps: true)
        try archive(copy, writer)
        let all = try await reading(try copy.consumer(.play, group: nil)) { try $0.collectRecords(90) }
        #expect(try fixture.recordsInArchive() == all)
        #expect(try fixture.check(logFolder: fixture.folder.path("copy")).problems.isEmpty)
        let both = ArchivedLog(copy, archive: fixture.archive, prefersArchive: true)
        let read = try await reading(try both.consumer(.play, group: nil)) { try $0.collectRecords(90, recordCountMax: 11) }
        #expect(read == all)
        await both.close()
    }

    /// A lost future stays one when the log is rewritten.
    @Test func rewritingKeepsWhatWasLost() throws {
        let lost = LogLeap(first: 10, next: 1000, isLost: true)
        let leaps = LogRewrite.leaps(to: 2000, [lost])
        #expect(leaps == [LogLeap(first: 0, next: 10, isLost: false), lost, LogLeap(first: 1000, next: 2000, isLost: false)])
        #expect(LogLeap.landing(0, leaps) == 2000)
        let range = PartitionRange(partition: 0, start: 0, end: 2007, leaps: leaps)
        #expect(range.count(from: 0) == 7 && range.isLost(10) && range.isLost(999) && !range.isLost(9) && !range.isLost(1000))
    }
}
