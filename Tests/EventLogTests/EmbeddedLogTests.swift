import EventLog
import Events
import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

/// What the embedded log alone promises.
@Suite struct EmbeddedLogTests {
    @Test func aFullFileFailsWholeBatchesAndTrimmingMakesRoom() async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"), topicByteCountMax: 400_000)
        _ = try await log.open(.play, partitions: 2)
        let large = String(repeating: "x", count: 1000)
        var appended: [String] = []
        var failure: LogError?
        for number in 0..<100 where failure == nil {
            let outcomes = await log.append(.numbered(.play, 0..<10, prefix: "\(number) \(large)"))
            let positions = outcomes.compactMap(\.position)
            #expect(positions.count == 10 || positions.isEmpty)
            failure = outcomes.first?.error
            if failure == nil { appended += (0..<10).map { "\(number) \(large)\($0)" } }
        }
        #expect(failure?.kind == .full)
        #expect(appended.count >= 100)
        let consumer = try log.consumer(.play, group: nil)
        let wanted = appended.count + 1
        let found = try await reading(consumer) { try $0.collect(wanted, seconds: 1).map(\.value) }
        #expect(Set(found) == Set(appended) && found.count == appended.count)

        try await log.trim(.play, before: wallClockMilliseconds() + 1)
        let again = await log.append(.numbered(.play, 0..<10, prefix: large))
        #expect(again.compactMap(\.error) == [])
        await log.close()
    }

    @Test func trimmingKeepsOffsetsAndIsRemembered() async throws {
        let folder = try TemporaryFolder()
        let time = ManualClock(1_000_000)
        let log = try EmbeddedLog(folder: folder.path("log"), clock: { time.now })
        _ = try await log.open(.play, partitions: 1)
        for step in 0..<5 {
            time.now = 1_000_000 + Int64(step) * 1000
            _ = await log.append(.numbered(.play, step * 10..<step * 10 + 10))
        }
        try await log.trim(.play, before: 1_002_500)
        let ranges = try await log.ranges(.play)
        #expect(ranges == [PartitionRange(partition: 0, start: 30, end: 50)])
        let found = try await log.offsets(.play, atOrAfter: 0)
        #expect(found == [0: 30])
        await log.close()

        let reopened = try EmbeddedLog(folder: folder.path("log"), clock: { time.now })
        _ = try await reopened.open(.play, partitions: 1)
        try await reopened.trim(.play, before: .max)
        let outcomes = await reopened.append(.numbered(.play, 50..<51))
        #expect(outcomes.first?.position?.offset == 50)
        let emptied = try await reopened.ranges(.play)
        #expect(emptied == [PartitionRange(partition: 0, start: 50, end: 51)])
        await reopened.close()
    }

    @Test func aConsumerThatFellBehindTheTrimmedStartIsTold() async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"))
        _ = try await log.open(.play, partitions: 1)
        _ = await log.append(.numbered(.play, 0..<10))
        let consumer = try log.consumer(.play, group: "slow")
        try await log.trim(.play, before: .max)
        _ = await log.append(.numbered(.play, 10..<20))
        let error = try await reading(consumer) { consumer -> LogError? in
            do {
                _ = try consumer.collect(1, seconds: 5)
                return nil
            } catch let error as LogError {
                return error
            }
        }
        #expect(error?.kind == .mismatch)
        await log.close()
    }

    @Test func appendTimesNeverFallWhenTheClockDoes() async throws {
        let folder = try TemporaryFolder()
        let time = ManualClock(5000)
        let log = try EmbeddedLog(folder: folder.path("log"), clock: { time.now })
        _ = try await log.open(.play, partitions: 1)
        for now in [5000, 4000, 6000, 1] as [Int64] {
            time.now = now
            _ = await log.append(.numbered(.play, 0..<2))
        }
        let consumer = try log.consumer(.play, group: nil)
        let times = try await reading(consumer) { consumer in
            _ = try consumer.waitForAssignment()
            var batch = RecordBatch()
            _ = try consumer.poll(into: &batch, recordCountMax: 100, timeoutMilliseconds: 1000)
            return batch.records.map(\.timestamp)
        }
        #expect(times == [5000, 5000, 5000, 5000, 6000, 6000, 6000, 6000])
        await log.close()
    }

    /// Nothing is appended before a wake, and one wake serves all that waits: it shares a commit, and so its append time. A writer that has not yet
    /// fallen asleep after the round before takes records without a wake: one round of many must find it asleep.
    @Test func appendsUntilADeferredWakeShareOneCommit() async throws {
        let folder = try TemporaryFolder()
        let wakes = NIOLockedValueBox<[@Sendable () -> Void]>([])
        let commitCount = NIOLockedValueBox<Int64>(0)
        let clock: @Sendable () -> Int64 = {
            commitCount.withLockedValue { count in
                count += 1
                return count
            }
        }
        let log = try EmbeddedLog(folder: folder.path("log"), clock: clock) { wake in wakes.withLockedValue { $0.append(wake) } }
        _ = try await log.open(.play, partitions: 1)
        var shared: (end: Int64, time: Int64)?
        for round in 0..<100 where shared == nil {
            let before = commitCount.withLockedValue { $0 }
            let appends = (0..<5).map { number in
                Task.immediate { await log.append(.numbered(.play, round * 5 + number..<round * 5 + number + 1)) }
            }
            let asked = wakes.withLockedValue { wakes in
                defer { wakes = [] }
                return wakes
            }
            let end = try await log.ranges(.play)[0].end
            asked.first?()
            for append in appends { #expect(await append.value.allSatisfy { $0.position != nil }) }
            let isShared = asked.count == appends.count && end == round * 5 && commitCount.withLockedValue { $0 } == before + 1
            if isShared { shared = (end, before + 1) }
        }
        let found = try #require(shared)
        let consumer = try log.consumer(.play, group: nil)
        let times = try await reading(consumer) { consumer in
            _ = try consumer.waitForAssignment()
            var batch = RecordBatch()
            _ = try consumer.poll(into: &batch, recordCountMax: 1000, timeoutMilliseconds: 1000)
            return batch.records.filter { $0.offset >= found.end }.map(\.timestamp)
        }
        #expect(times == [Int64](repeating: found.time, count: 5))
        await log.close()
    }

    @Test func aGroupHasOneConsumer() async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"))
        _ = try await log.open(.play, partitions: 1)
        let holder = try log.consumer(.play, group: "job")
        let error = #expect(throws: LogError.self) { try log.consumer(.play, group: "job") }
        #expect(error?.kind == .mismatch)
        #expect(error?.description.contains("process \(getpid())") == true)
        let other = try log.consumer(.play, group: "archive")
        other.close()
        holder.close()
        let next = try log.consumer(.play, group: "job")
        next.close()
        await log.close()
    }

    @Test func aFullQueueRefusesAtOnceAndKeepsWhatItTook() async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"), queueByteCountMax: 1000)
        _ = try await log.open(.play, partitions: 1)
        let flag = folder.path("held")
        let holder = try WriteLockHolder(database: folder.path("log/play_events.sqlite"), flag: flag)
        let outcomes = NIOLockedValueBox<[AppendOutcome]>([])
        // Threads of their own: what other tests do to the cooperative pool must not use up the time that the writer waits for the file.
        try await onOwnThread {
            for number in 0..<8 {
                Thread {
                    let answers = log.appendBlocking(.numbered(.play, number..<number + 1, prefix: String(repeating: "x", count: 400)))
                    outcomes.withLockedValue { $0 += answers }
                }.start()
            }
            // While another process holds the file nothing is committed: two fit the queue, the writer has taken none, one or two before, the
            // others return.
            #expect(eventually { outcomes.withLockedValue { $0.count } >= 4 })
            holder.release()
            #expect(eventually { outcomes.withLockedValue { $0.count } == 8 })
        }
        let answers = outcomes.withLockedValue { $0 }
        // By the queue itself, and not by the writer, whose patience with the file ends, too.
        #expect(answers.prefix(4).allSatisfy { $0.error?.kind == .unavailable && $0.error?.description.contains("is full") == true })
        let positions = answers.compactMap(\.position)
        let ranges = try await log.ranges(.play)
        #expect(ranges == [PartitionRange(partition: 0, start: 0, end: Int64(positions.count))])
        #expect((2...4).contains(positions.count))
        await log.close()
    }

    @Test func aBatchLargerThanTheQueueIsTooLarge() async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"), queueByteCountMax: 1000)
        _ = try await log.open(.play, partitions: 1)
        let outcomes = log.appendBlocking(.numbered(.play, 0..<1, prefix: String(repeating: "x", count: 2000)))
        #expect(outcomes.map { $0.error?.kind } == [.tooLarge])
        await log.close()
    }

    @Test func killingTheWriterLosesNothingAcknowledged() async throws {
        let folder = try TemporaryFolder()
        let path = folder.url.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try await appendUntilKilled(path)
        }
        let lines = try String(contentsOfFile: path + "/acknowledged", encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count >= 200)
        let log = try EmbeddedLog(folder: path + "/log")
        let description = try await log.open(.play, partitions: 4)
        let ends = try await log.ranges(.play).map(\.end)
        let consumer = try log.consumer(.play, group: "job")
        let found = try await reading(consumer) { try $0.collect(Int(ends.reduce(0, +))) }
        #expect(Set(lines).isSubset(of: found.map { "\($0.partition) \($0.offset) \($0.value)" }))
        // Batches of one topic are atomic: each is in the log with all its ten records or with none.
        let batches = Dictionary(grouping: found) { $0.value.split(separator: "-")[0] }
        #expect(batches.values.allSatisfy { $0.count == 10 })
        #expect(description.partitions == 4)
        await log.close()
    }
}

/// Appends from several tasks, writes down what was acknowledged, and ends by SIGKILL in the middle of it.
private func appendUntilKilled(_ path: String) async throws {
    let log = try EmbeddedLog(folder: path + "/log")
    _ = try await log.open(.play, partitions: 4)
    let descriptor = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o644)
    await withTaskGroup(of: Void.self) { group in
        for task in 0..<4 {
            group.addTask {
                for number in 0..<10_000 {
                    let name = "\(task * 10_000 + number)-"
                    let outcomes = await log.append(.numbered(.play, 0..<10, prefix: name))
                    let lines = outcomes.enumerated().compactMap { index, outcome in
                        outcome.position.map { "\($0.partition) \($0.offset) \(name)\(index)\n" }
                    }
                    let text = lines.joined()
                    _ = write(descriptor, text, text.utf8.count)
                    if task == 0 && number == 20 { kill(getpid(), SIGKILL) }
                }
            }
        }
    }
}
