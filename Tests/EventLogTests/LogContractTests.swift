import EventLog
import Events
import TestSupport
import Testing

/// What the embedded log and Kafka have in common: the promises that jobs build on.
@Suite struct LogContractTests {
    @Test(arguments: LogKind.allCases)
    func recordsComeBackInOrderWithKeysAndValues(kind: LogKind) async throws {
        try await withLog(kind) { log in
            let description = try await log.open(.play, partitions: 3)
            #expect(description.partitions == 3)
            let batch = AppendBatch.numbered(.play, 0..<100)
            let outcomes = await log.append(batch)
            #expect(outcomes.compactMap(\.error) == [])
            let consumer = try log.consumer(.play, group: nil)
            let found = try await reading(consumer) { try $0.collect(100, recordCountMax: 17) }
            #expect(found.count == 100)
            for (index, outcome) in outcomes.enumerated() {
                let position = try #require(outcome.position)
                let expected = TestRecord(
                    partition: position.partition, offset: position.offset, key: "user-\(index % 7)", value: "value-\(index)")
                #expect(found.contains(expected))
            }
            for partition in Int32(0)..<3 {
                let offsets = found.filter { $0.partition == partition }.map(\.offset)
                #expect(offsets == Array(0..<Int64(offsets.count)))
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func keysGoToThePartitionThatMurmur2Says(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.search, partitions: 5)
            let outcomes = await log.append(.numbered(.search, 0..<200, users: 200))
            for (index, outcome) in outcomes.enumerated() {
                let key = Array("user-\(index)".utf8)
                let expected = key.withUnsafeBytes { partition(of: $0, count: 5) }
                #expect(outcome.position?.partition == expected)
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func firstPollAssignsEveryPartition(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 4)
            for group in [nil, "recs-play"] {
                let consumer = try log.consumer(.play, group: group)
                let assigned = try await reading(consumer) { try $0.waitForAssignment() }
                #expect(assigned.sorted() == [0, 1, 2, 3])
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func seekStartsAtTheOffsetGiven(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 1)
            for start in [0, 10, 20] { _ = await log.append(.numbered(.play, start..<start + 10)) }
            let consumer = try log.consumer(.play, group: "seeker")
            let found = try await reading(consumer) { consumer in
                _ = try consumer.waitForAssignment()
                var found: [[String]] = []
                for offset in [15, 3, 29] {
                    try consumer.seek(partition: 0, to: Int64(offset))
                    found.append(try consumer.collect(30 - offset).map(\.value))
                }
                return found
            }
            #expect(found == [15, 3, 29].map { ($0..<30).map { "value-\($0)" } })
        }
    }

    @Test(arguments: LogKind.allCases)
    func thePositionFollowsWhatWasReadToTheEndOfEveryPartition(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 3)
            _ = await log.append(.numbered(.play, 0..<50, users: 1))
            let ranges = try await log.ranges(.play)
            let ends = Dictionary(uniqueKeysWithValues: ranges.map { ($0.partition, $0.end) })
            #expect(ends.values.sorted() == [0, 0, 50])
            let consumer = try log.consumer(.play, group: nil)
            try await reading(consumer) { consumer in
                #expect(consumer.position(partition: 0) == nil)
                for partition in try consumer.waitForAssignment() { try consumer.seek(partition: partition, to: 0) }
                #expect(ends.keys.allSatisfy { consumer.position(partition: $0) == 0 })
                var batch = RecordBatch()
                let isAtEnd = try eventually {
                    _ = try consumer.poll(into: &batch, recordCountMax: 20, timeoutMilliseconds: 100)
                    return ends.allSatisfy { consumer.position(partition: $0) == $1 }
                }
                #expect(isAtEnd)
                for (partition, end) in ends where end > 0 { try consumer.seek(partition: partition, to: 7) }
                #expect(ends.allSatisfy { consumer.position(partition: $0) == ($1 > 0 ? 7 : 0) })
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func theKnownEndGrowsWithTheLogAndIsItsEndOnceAllIsRead(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 2)
            _ = await log.append(.numbered(.play, 0..<50))
            let consumer = try log.consumer(.play, group: nil)
            try await reading(consumer) { consumer in
                let partitions = try consumer.waitForAssignment()
                for partition in partitions { try consumer.seek(partition: partition, to: 0) }
                _ = log.appendBlocking(.numbered(.play, 50..<150))
                var known: [Int32: Int64] = [:]
                var batch = RecordBatch()
                var readCount = 0
                func poll(_ recordCountMax: Int) throws {
                    _ = try consumer.poll(into: &batch, recordCountMax: recordCountMax, timeoutMilliseconds: 100)
                    readCount += batch.records.count
                    for partition in partitions {
                        let end = try consumer.knownEnd(partition: partition)
                        #expect(end >= known[partition] ?? 0 && end >= consumer.position(partition: partition) ?? 0)
                        known[partition] = end
                    }
                }
                let isKnown = try eventually {
                    try poll(1)
                    return known.values.reduce(0, +) == 150
                }
                #expect(isKnown && readCount < 150)
                let isRead = try eventually {
                    try poll(1000)
                    return readCount == 150
                }
                #expect(isRead)
                for partition in partitions {
                    let end = try consumer.range(partition: partition).end
                    #expect(end == known[partition])
                }
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func offsetsOutsideTheLogAreRefused(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 1)
            _ = await log.append(.numbered(.play, 0..<5))
            let consumer = try log.consumer(.play, group: nil)
            let error = try await reading(consumer) { consumer -> LogError? in
                do {
                    _ = try consumer.waitForAssignment()
                    try consumer.seek(partition: 0, to: 6)
                    _ = try consumer.collect(1, seconds: 5)
                    return nil
                } catch let error as LogError {
                    return error
                }
            }
            #expect(error?.kind == .mismatch)
        }
    }

    @Test(arguments: LogKind.allCases)
    func rangesAndTimesFindOffsets(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 2)
            let empty = try await log.ranges(.play)
            #expect(empty == [PartitionRange(partition: 0, start: 0, end: 0), PartitionRange(partition: 1, start: 0, end: 0)])
            let before = wallClockMilliseconds()
            let outcomes = await log.append(.numbered(.play, 0..<40))
            let ends = try await log.ranges(.play).map(\.end)
            #expect(ends.reduce(0, +) == 40)
            for partition in Int32(0)..<2 {
                let last = outcomes.compactMap(\.position).filter { $0.partition == partition }.map(\.offset).max() ?? -1
                #expect(ends[Int(partition)] == last + 1)
            }
            let all = try await log.offsets(.play, atOrAfter: before - 10_000)
            #expect(all == [0: 0, 1: 0])
            let none = try await log.offsets(.play, atOrAfter: before + 3_600_000)
            #expect(none == [0: ends[0], 1: ends[1]])
        }
    }

    @Test(arguments: LogKind.allCases)
    func offsetsByTimeSplitTheLogWhereAppendTimesDo(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 1)
            for start in 0..<4 {
                _ = await log.append(.numbered(.play, start * 5..<start * 5 + 5))
                let time = wallClockMilliseconds()
                _ = eventually { wallClockMilliseconds() > time + 2 }
            }
            let consumer = try log.consumer(.play, group: nil)
            let times = try await reading(consumer) { consumer in
                var batch = RecordBatch()
                var times: [Int64] = []
                while times.count < 20 {
                    _ = try consumer.poll(into: &batch, recordCountMax: 100, timeoutMilliseconds: 1000)
                    times += batch.records.map(\.timestamp)
                }
                return times
            }
            #expect(times == times.sorted())
            for time in Set(times) {
                let found = try await log.offsets(.play, atOrAfter: time)
                #expect(found == [0: Int64(times.firstIndex { $0 >= time } ?? times.count)])
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func anEmptyPollReturnsWithoutRecords(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 1)
            let consumer = try log.consumer(.play, group: nil)
            let result = try await reading(consumer) { consumer in
                _ = try consumer.waitForAssignment()
                var batch = RecordBatch()
                batch.bytes = [1, 2, 3]
                let result = try consumer.poll(into: &batch, recordCountMax: 10, timeoutMilliseconds: 30)
                return (result, batch.records.count, batch.bytes.count)
            }
            #expect(result.0 == .records)
            #expect(result.1 == 0 && result.2 == 0)
        }
    }

    @Test(arguments: LogKind.allCases)
    func aWaitingConsumerSeesWhatIsAppended(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 2)
            let consumer = try log.consumer(.play, group: nil)
            async let found = reading(consumer) { try $0.collect(30) }
            for start in [0, 10, 20] { _ = await log.append(.numbered(.play, start..<start + 10)) }
            let values = Set(try await found.map(\.value))
            #expect(values == Set((0..<30).map { "value-\($0)" }))
        }
    }

    @Test(arguments: LogKind.allCases)
    func aBatchReachesSeveralTopics(kind: LogKind) async throws {
        try await withLog(kind) { log in
            let topics: [Topic] = [.play, .search, .feedback]
            var batch = AppendBatch()
            for topic in topics { _ = try await log.open(topic, partitions: 2) }
            for number in 0..<30 { batch.add(topics[number % 3], key: "user-\(number)", value: "\(topics[number % 3].name) \(number)") }
            let outcomes = await log.append(batch)
            #expect(outcomes.map { $0.position?.topic } == (0..<30).map { topics[$0 % 3] })
            for topic in topics {
                let consumer = try log.consumer(topic, group: nil)
                let found = try await reading(consumer) { try $0.collect(10) }
                #expect(found.count == 10)
                #expect(found.allSatisfy { $0.value.hasPrefix(topic.name) })
            }
        }
    }

    @Test(arguments: LogKind.allCases)
    func aRecordThatNamesItsPartitionStandsThere(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 3)
            var batch = AppendBatch()
            for number in 0..<9 {
                batch.add(.play, key: number % 2 == 0 ? "" : "user-\(number)", value: "\(number)")
                batch.records[number].partition = Int32(number % 3)
            }
            let outcomes = await log.append(batch)
            #expect(outcomes.map { $0.position?.partition } == (0..<9).map { Int32($0 % 3) })
            let consumer = try log.consumer(.play, group: nil)
            let found = try await reading(consumer) { try $0.collect(9) }
            #expect(found.count == 9 && found.allSatisfy { Int32($0.value).map { $0 % 3 } == $0.partition })
        }
    }

    @Test(arguments: LogKind.allCases)
    func aTopicThatIsNotOpenIsAMismatch(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 1)
            var batch = AppendBatch.numbered(.play, 0..<2)
            batch.add(.error, key: "user", value: "nowhere to go")
            let outcomes = await log.append(batch)
            #expect(outcomes.map { $0.error?.kind } == [nil, nil, .mismatch])
        }
    }

    @Test(arguments: LogKind.allCases)
    func largeRecordsComeBackWhole(kind: LogKind) async throws {
        try await withLog(kind) { log in
            _ = try await log.open(.play, partitions: 1)
            var batch = AppendBatch()
            var expected: [String] = []
            for (number, count) in [900_000, 1, 400_000, 0, 70_000].enumerated() {
                expected.append(String(repeating: "\(number)", count: count))
                batch.add(.play, key: "user", value: expected[number])
            }
            let outcomes = await log.append(batch)
            #expect(outcomes.compactMap(\.error) == [])
            let consumer = try log.consumer(.play, group: nil)
            let found = try await reading(consumer) { try $0.collect(5).map(\.value) }
            #expect(found == expected)
        }
    }
}
