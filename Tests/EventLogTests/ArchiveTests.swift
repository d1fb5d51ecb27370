import Events
import Foundation
import TestSupport
import Testing

@testable import EventLog

/// What is archived is what is on the log, once.
@Suite struct ArchiveTests {
    @Test func holdsTheLogByteForByteInFilesByHour() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<500)
        fixture.appendForeign()
        fixture.clock.now += ArchiveFixture.hour
        fixture.append(500..<900)
        try fixture.archiveAll(fixture.writer(), recordCountMax: 37)
        let archived = try fixture.recordsInArchive()
        let onLog = try await fixture.recordsOnLog()
        #expect(archived == onLog && archived.values.joined().count == 904)
        let folders = Set(fixture.paths().map { $0.split(separator: "/").dropLast().joined(separator: "/") })
        #expect(fixture.paths().count == 4 && folders.count == 2)
        let report = try fixture.check()
        #expect(report.problems == [] && report.recordCount == 904 && report.fileCount == 4)
        let files = try ArchiveReader(fixture.archive, topic: .play).listing()
        #expect(files.allSatisfy { $0.appendTimeMin == $0.appendTimeMax && ($0.eventTimeMin ?? 0) >= ArchiveFixture.start - 1000 })
        await fixture.log.close()
    }

    @Test func writesWhatIsDueAndHoldsTheRest() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        var limits = ArchiveWriter.Limits()
        limits.fileByteCountMax = 20_000
        limits.pieceByteCount = 700
        let writer = try fixture.writer(limits: limits)
        fixture.append(0..<500)
        try fixture.archiveAll(writer, flushes: false)
        let bySize = try ArchiveReader(fixture.archive, topic: .play).listing()
        #expect(bySize.count > 2 && (bySize.last?.lastOffset ?? 0) < 499)
        try writer.writeDue(now: fixture.clock.now + 59_999)
        let before = try ArchiveReader(fixture.archive, topic: .play).listing()
        #expect(before.count == bySize.count)
        try writer.writeDue(now: fixture.clock.now + 60_000)
        let byAge = try ArchiveReader(fixture.archive, topic: .play).listing()
        #expect(byAge.last?.lastOffset == 499)
        await fixture.log.close()
    }

    @Test func passesOverRedeliveredRecordsAndRefusesAHole() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        fixture.append(0..<20)
        let writer = try fixture.writer()
        let consumer = try fixture.log.consumer(.play, group: nil)
        _ = try consumer.waitForAssignment()
        var batch = RecordBatch()
        _ = try consumer.poll(into: &batch, recordCountMax: 20, timeoutMilliseconds: 1000)
        consumer.close()
        try writer.append(batch, now: 0)
        try writer.append(batch, now: 0)
        try writer.flush()
        try writer.append(batch, now: 0)
        var later = batch
        later.records = [batch.records[5]]
        later.records[0].offset = 21
        let error = #expect(throws: LogError.self) { try writer.append(later, now: 0) }
        #expect(error?.kind == .mismatch)
        let report = try fixture.check()
        #expect(report.problems == [] && report.recordCount == 20)
        await fixture.log.close()
    }

    @Test func listsOffsetsThatTheLogLeftOut() async throws {
        let fixture = try await ArchiveFixture(partitions: 1)
        fixture.append(0..<30)
        let consumer = try fixture.log.consumer(.play, group: nil)
        _ = try consumer.waitForAssignment()
        var batch = RecordBatch()
        _ = try consumer.poll(into: &batch, recordCountMax: 30, timeoutMilliseconds: 1000)
        consumer.close()
        batch.records.removeAll { $0.offset % 10 == 9 || $0.offset == 20 }
        let writer = try fixture.writer(gaps: true)
        var (first, second) = (batch, batch)
        first.records.removeAll { $0.offset >= 20 }
        second.records.removeAll { $0.offset < 20 }
        try writer.append(first, now: 0)
        try writer.flush()
        try writer.append(second, now: 0)
        try writer.flush()
        let report = try fixture.check()
        #expect(report.problems == [] && report.recordCount == 26)
        let archived = try fixture.recordsInArchive()
        #expect(archived[0] == batch.archived)
        await fixture.log.close()
    }

    @Test func hasOneWriterAndOneGeneration() async throws {
        let fixture = try await ArchiveFixture()
        fixture.append(0..<10)
        var writer: ArchiveWriter? = try fixture.writer()
        if let writer { try fixture.archiveAll(writer) }
        let taken = #expect(throws: LogError.self) { _ = try fixture.writer() }
        #expect(taken?.kind == .mismatch && taken?.description.contains("one writer") == true)
        writer = nil
        let other = #expect(throws: LogError.self) { _ = try fixture.writer(generation: 77) }
        #expect(other?.kind == .mismatch)
        #expect(other?.description.contains("generation \(fixture.topic.generation), the log's is 77") == true)
        let again = try fixture.writer()
        #expect(again.nextOffset(partition: 0) != nil)
        await fixture.log.close()
    }

    /// FIPS 180-4 examples (NIST, "SHA256.pdf"), and lengths around a block against `sha256sum`.
    @Test func hashesAsPublished() throws {
        #expect(Digest.hexadecimal(of: Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let long = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(Digest.hexadecimal(of: long) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        for count in [0, 55, 56, 63, 64, 65, 127, 128, 1000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
            let child = try ChildProcess.run("sha256sum", [], input: Data(bytes))
            var hash = Digest()
            for start in stride(from: 0, to: count, by: 13) { hash.update(Array(bytes[start..<min(start + 13, count)])) }
            let digest = hash.finish()
            #expect(child.output.hasPrefix(digest), "\(count) bytes")
        }
    }
}
