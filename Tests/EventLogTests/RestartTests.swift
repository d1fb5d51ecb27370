import EventLog
import Events
import TestSupport
import Testing

/// What must hold over restarts and with several processes' worth of appenders.
@Suite struct RestartTests {
    @Test(arguments: LogKind.allCases)
    func reopeningKeepsDataGenerationAndOffsets(kind: LogKind) async throws {
        try await withPlace(kind) { place in
            let first = try await place.open()
            let description = try await first.open(.play, partitions: 2)
            #expect(description.generation != 0)
            let before = await first.append(.numbered(.play, 0..<20))
            await first.close()

            let second = try await place.open()
            let again = try await second.open(.play, partitions: 2)
            #expect(again == description)
            let after = await second.append(.numbered(.play, 20..<40))
            let positions = (before + after).compactMap(\.position)
            #expect(positions.count == 40)
            for partition in Int32(0)..<2 {
                let offsets = positions.filter { $0.partition == partition }.map(\.offset)
                #expect(offsets == Array(0..<Int64(offsets.count)))
            }
            let consumer = try second.consumer(.play, group: nil)
            let found = try await reading(consumer) { try $0.collect(40) }
            #expect(Set(found.map(\.value)) == Set((0..<40).map { "value-\($0)" }))
            await second.close()
        }
    }

    @Test(arguments: LogKind.allCases)
    func anotherPartitionCountIsToldNotChanged(kind: LogKind) async throws {
        try await withPlace(kind) { place in
            let first = try await place.open()
            let description = try await first.open(.play, partitions: 2)
            await first.close()
            let second = try await place.open()
            let again = try await second.open(.play, partitions: 8)
            #expect(again == description)
            await second.close()
        }
    }

    @Test(arguments: LogKind.allCases)
    func aConsumerResumesWhereItsReaderSeeks(kind: LogKind) async throws {
        try await withPlace(kind) { place in
            let first = try await place.open()
            _ = try await first.open(.play, partitions: 1)
            _ = await first.append(.numbered(.play, 0..<50))
            let consumer = try first.consumer(.play, group: "job")
            let head = try await reading(consumer) { consumer in
                let found = try consumer.collect(20, recordCountMax: 20)
                consumer.commit(partition: 0, next: 20)
                return found.map(\.value)
            }
            #expect(head == (0..<20).map { "value-\($0)" })
            await first.close()

            let second = try await place.open()
            _ = try await second.open(.play, partitions: 1)
            let resumed = try second.consumer(.play, group: "job")
            let tail = try await reading(resumed) { consumer in
                _ = try consumer.waitForAssignment()
                try consumer.seek(partition: 0, to: 20)
                return try consumer.collect(30).map(\.value)
            }
            #expect(tail == (20..<50).map { "value-\($0)" })
            await second.close()
        }
    }

    @Test(arguments: LogKind.allCases)
    func concurrentAppendersLoseNothing(kind: LogKind) async throws {
        try await withPlace(kind) { place in
            let logs = [try await place.open(), try await place.open()]
            for log in logs { _ = try await log.open(.play, partitions: 3) }
            let outcomes = await withTaskGroup(of: [AppendOutcome].self) { group in
                for (appender, log) in logs.enumerated() {
                    for number in 0..<20 {
                        group.addTask {
                            await log.append(.numbered(.play, number * 10..<number * 10 + 10, prefix: "\(appender) "))
                        }
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            let positions = outcomes.compactMap(\.position)
            #expect(Set(positions).count == 400)
            let consumer = try logs[0].consumer(.play, group: nil)
            let found = try await reading(consumer) { try $0.collect(400) }
            #expect(Set(found.map(\.value)) == Set((0..<2).flatMap { appender in (0..<200).map { "\(appender) \($0)" } }))
            #expect(Set(found.map { LogPosition(topic: .play, partition: $0.partition, offset: $0.offset) }) == Set(positions))
            for log in logs { await log.close() }
        }
    }
}
