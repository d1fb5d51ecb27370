import Events
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// A log and its archive read as one.
@Suite struct ArchivedLogTests {
    @Test(arguments: [false, true])
    func readsAcrossTheBoundary(prefersArchive: Bool) async throws {
        let fixture = try await trimmed()
        let log = ArchivedLog(fixture.fixture.log, archive: fixture.fixture.archive, prefersArchive: prefersArchive)
        let ranges = try await log.ranges(.play)
        #expect(ranges.allSatisfy { $0.start == 0 })
        let consumer = try log.consumer(.play, group: nil)
        let count = fixture.all.values.joined().count
        let found = try await reading(consumer) { try $0.collectRecords(count, recordCountMax: 90) }
        #expect(found == fixture.all)
        await log.close()
    }

    @Test func seeksByOffsetAndTimeOnBothSides() async throws {
        let fixture = try await trimmed()
        let log = ArchivedLog(fixture.fixture.log, archive: fixture.fixture.archive)
        let all = fixture.all
        for time in [
            0, ArchiveFixture.start + 1, ArchiveFixture.start + ArchiveFixture.hour, ArchiveFixture.start + 2 * ArchiveFixture.hour,
        ] {
            let offsets = try await log.offsets(.play, atOrAfter: time)
            for (partition, records) in all {
                #expect(offsets[partition] == records.first { $0.timestamp >= time }?.offset)
            }
            let consumer = try log.consumer(.play, group: nil)
            let wanted = all.mapValues { $0.filter { $0.timestamp >= time } }
            let found = try await reading(consumer) { consumer in
                for partition in try consumer.waitForAssignment() { try consumer.seek(partition: partition, to: offsets[partition] ?? 0) }
                return try consumer.collectRecords(wanted.values.joined().count, recordCountMax: 33)
            }
            #expect(found == wanted)
        }
        let consumer = try log.consumer(.play, group: nil)
        let error = try await reading(consumer) { consumer -> LogError? in
            _ = try consumer.waitForAssignment()
            do throws(LogError) { try consumer.seek(partition: 0, to: 1_000_000) } catch { return error }
            return nil
        }
        #expect(error?.kind == .mismatch)
        await log.close()
    }

    @Test func aConsumerThatFellBehindRetentionGoesBackToTheArchive() async throws {
        let fixture = try await ArchiveFixture()
        let archived = ArchivedLog(fixture.log, archive: fixture.archive)
        fixture.append(0..<100)
        let handle = ConsumerOnThread(try archived.consumer(.play, group: "slow"))
        let first = try await onOwnThread { () -> [Int32: [ArchivedRecord]] in
            for partition in try handle.consumer.waitForAssignment() { try handle.consumer.seek(partition: partition, to: 0) }
            return try handle.consumer.collectRecords(10, recordCountMax: 10)
        }
        fixture.append(100..<400)
        let all = try await fixture.recordsOnLog()
        try fixture.archiveAll(fixture.writer())
        try await fixture.log.trim(.play, before: .max)
        fixture.append(400..<401)
        let rest = try await onOwnThread { () -> [Int32: [ArchivedRecord]] in
            defer { handle.consumer.close() }
            return try handle.consumer.collectRecords(391, recordCountMax: 50)
        }
        let last = try await fixture.recordsOnLog()
        for partition in [Int32(0), 1] {
            #expect((first[partition] ?? []) + (rest[partition] ?? []) == (all[partition] ?? []) + (last[partition] ?? []))
        }
        await archived.close()
    }

    @Test func anArchiveThatDoesNotReachTheLogIsLeftAside() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        fixture.append(0..<50)
        try fixture.archiveAll(fixture.writer())
        fixture.append(50..<60)
        try await fixture.log.trim(.play, before: .max)
        fixture.append(60..<70)
        let log = ArchivedLog(fixture.log, archive: fixture.archive)
        let ranges = try await log.ranges(.play)
        #expect(ranges == [PartitionRange(partition: 0, start: 60, end: 70)])
        await log.close()
    }

    @Test func refusesTheArchiveOfAnotherGeneration() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<50)
        try fixture.archiveAll(fixture.writer(generation: 77))
        let log = ArchivedLog(fixture.log, archive: fixture.archive)
        let error = await #expect(throws: LogError.self) { _ = try await log.open(.play, partitions: 2) }
        #expect(error?.kind == .mismatch && error?.description.contains("Move that folder away") == true)
        await log.close()
    }

    /// 600 records over three hours, all archived but the last 200, and the log trimmed to its last 400.
    private func trimmed() async throws -> (fixture: ArchiveFixture, all: [Int32: [ArchivedRecord]]) {
        let fixture = try await ArchiveFixture()
        for step in 0..<3 {
            fixture.append(step * 200..<step * 200 + 200)
            if step == 1 { try fixture.archiveAll(fixture.writer()) }
            fixture.clock.now += ArchiveFixture.hour
        }
        let all = try await fixture.recordsOnLog()
        try await fixture.log.trim(.play, before: ArchiveFixture.start + 1)
        return (fixture, all)
    }
}
