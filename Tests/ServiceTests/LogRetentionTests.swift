import EventLog
import Events
import Logging
import TestSupport
import Testing

@testable import Service

/// What the embedded log forgets, and what it must not.
@Suite struct LogRetentionTests {
    private static let day: Int64 = 86_400_000

    /// Ten erasures on a topic.
    private func scene(_ topic: Topic, partitions: Int = 1) async throws -> (scene: ArchiveScene, retention: LogRetention) {
        let scene = try await ArchiveScene(topic, partitions: partitions)
        await scene.erase(0..<10)
        return (scene, LogRetention(log: scene.log, archive: scene.setup.archive, days: 30, logger: Logger(label: "test")))
    }

    @Test func forgetsWhatIsOldAndArchivedAndNothingElse() async throws {
        let (scene, retention) = try await scene(.play)
        let later = wallClockMilliseconds() + 31 * Self.day
        let isTrimmedUnarchived = try await retention.trim(.play, now: later)
        #expect(!isTrimmedUnarchived)
        #expect(try await scene.log.ranges(.play) == [PartitionRange(partition: 0, start: 0, end: 10)])
        try scene.archiveAll()
        let isTrimmedYoung = try await retention.trim(.play, now: later - 2 * Self.day)
        #expect(isTrimmedYoung)
        #expect(try await scene.log.ranges(.play) == [PartitionRange(partition: 0, start: 0, end: 10)])
        let isTrimmedOld = try await retention.trim(.play, now: later)
        #expect(isTrimmedOld)
        #expect(try await scene.log.ranges(.play) == [PartitionRange(partition: 0, start: 10, end: 10)])
        let whole = try await ArchivedLog(scene.log, archive: scene.setup.archive).ranges(.play)
        #expect(whole == [PartitionRange(partition: 0, start: 0, end: 10)])
        await scene.log.close()
    }

    @Test func aPartitionThatIsNotArchivedYetDoesNotHoldUpTheOthers() async throws {
        let (scene, retention) = try await scene(.play, partitions: 2)
        let before = try await scene.log.ranges(.play)
        #expect(before.allSatisfy { $0.end > 0 })
        try scene.archiveAll()
        await scene.erase(10..<11)
        let after = try await scene.log.ranges(.play)
        let lagging = try #require(zip(before, after).first { $0.end < $1.end }?.1)
        let isTrimmed = try await retention.trim(.play, now: wallClockMilliseconds() + 31 * Self.day)
        #expect(!isTrimmed)
        let left = after.map { $0 == lagging ? $0 : PartitionRange(partition: $0.partition, start: $0.end, end: $0.end) }
        #expect(try await scene.log.ranges(.play) == left)
        await scene.log.close()
    }

    @Test func deadLettersGoByTheirAgeAlone() async throws {
        let (scene, retention) = try await scene(.deadLetters)
        let isTrimmed = try await retention.trim(.deadLetters, now: wallClockMilliseconds() + 31 * Self.day)
        #expect(isTrimmed)
        #expect(try await scene.log.ranges(.deadLetters) == [PartitionRange(partition: 0, start: 10, end: 10)])
        await scene.log.close()
    }
}
