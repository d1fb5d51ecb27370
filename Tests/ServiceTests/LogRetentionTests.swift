import EventLog
import Events
import Foundation
import Logging
import TestSupport
import Testing

@testable import Service

/// What the embedded log forgets, and what it must not.
@Suite struct LogRetentionTests {
    private static let day: Int64 = 86_400_000

    private struct Scene {
        let folder: TemporaryFolder
        let topic: Topic
        let log: EmbeddedLog
        let writer: InternalEventWriter
        let archive: ArchiveSetup
        var retention: LogRetention { LogRetention(log: log, archive: archive.archive, days: 30, logger: Logger(label: "test")) }

        /// Ten erasures on a topic.
        init(_ topic: Topic, partitions: Int = 1) async throws {
            self.topic = topic
            folder = try TemporaryFolder()
            log = try EmbeddedLog(folder: folder.path("log"))
            let description = try await log.open(topic, partitions: partitions)
            let schemas = try Resources(environment: ["RECS_HOME": Repository.root.path]).schemas()
            let registry = try EmbeddedRegistry(path: folder.path("registry.sqlite"))
            var ids: [EventType: Int32] = [:]
            for type in EventType.allCases {
                ids[type] = try await registry.register(subject: type.rawValue, schema: "\(schemas[type])")
            }
            archive = ArchiveSetup(
                archive: Archive(folder: folder.path("archive")), topic: description, log: log, registry: registry, schemas: schemas,
                hasOffsetGaps: false, metrics: Metrics(), logger: Logger(label: "test"))
            writer = try InternalEventWriter(schemas: schemas, schemaIDs: ids)
            await append(0..<10)
        }

        func append(_ numbers: Range<Int>) async {
            var batch = AppendBatch()
            for number in numbers {
                let record = Array("user-\(number)".utf8).withUnsafeBytes { user in
                    writer.userErased(.init(id: EventID(high: 1, low: UInt64(number)), timestamp: 1000, user: user), into: &batch.bytes)
                }
                batch.records.append(AppendBatch.Record(topic: topic, key: record.key, value: record.value))
            }
            _ = await log.append(batch)
        }

        func archiveAll() throws {
            var pollCount = 0
            try ArchiveRun(archive).run {
                pollCount += 1
                return pollCount > 5
            }
        }
    }

    @Test func forgetsWhatIsOldAndArchivedAndNothingElse() async throws {
        let scene = try await Scene(.play)
        let later = wallClockMilliseconds() + 31 * Self.day
        let isTrimmedUnarchived = try await scene.retention.trim(.play, now: later)
        #expect(!isTrimmedUnarchived)
        #expect(try await scene.log.ranges(.play) == [PartitionRange(partition: 0, start: 0, end: 10)])
        try scene.archiveAll()
        let isTrimmedYoung = try await scene.retention.trim(.play, now: later - 2 * Self.day)
        #expect(isTrimmedYoung)
        #expect(try await scene.log.ranges(.play) == [PartitionRange(partition: 0, start: 0, end: 10)])
        let isTrimmedOld = try await scene.retention.trim(.play, now: later)
        #expect(isTrimmedOld)
        #expect(try await scene.log.ranges(.play) == [PartitionRange(partition: 0, start: 10, end: 10)])
        let whole = try await ArchivedLog(scene.log, archive: scene.archive.archive).ranges(.play)
        #expect(whole == [PartitionRange(partition: 0, start: 0, end: 10)])
        await scene.log.close()
    }

    @Test func aPartitionThatIsNotArchivedYetDoesNotHoldUpTheOthers() async throws {
        let scene = try await Scene(.play, partitions: 2)
        let before = try await scene.log.ranges(.play)
        #expect(before.allSatisfy { $0.end > 0 })
        try scene.archiveAll()
        await scene.append(10..<11)
        let after = try await scene.log.ranges(.play)
        let lagging = try #require(zip(before, after).first { $0.end < $1.end }?.1)
        let isTrimmed = try await scene.retention.trim(.play, now: wallClockMilliseconds() + 31 * Self.day)
        #expect(!isTrimmed)
        let left = after.map { $0 == lagging ? $0 : PartitionRange(partition: $0.partition, start: $0.end, end: $0.end) }
        #expect(try await scene.log.ranges(.play) == left)
        await scene.log.close()
    }

    @Test func deadLettersGoByTheirAgeAlone() async throws {
        let scene = try await Scene(.deadLetters)
        let isTrimmed = try await scene.retention.trim(.deadLetters, now: wallClockMilliseconds() + 31 * Self.day)
        #expect(isTrimmed)
        #expect(try await scene.log.ranges(.deadLetters) == [PartitionRange(partition: 0, start: 10, end: 10)])
        await scene.log.close()
    }
}
