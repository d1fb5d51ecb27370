import Events
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import EventLog

/// Kafka when brokers fail, on librdkafka's mock cluster.
@Suite struct KafkaFaultTests {
    @Test func injectedErrorsLoseAndDoubleNothing() async throws {
        let cluster = try mock(partitions: 3)
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 20_000) { log in
            cluster.pushErrors(
                api: .produce,
                errors: [.disconnect, .notLeader, .requestTimedOut, .notEnoughReplicas, .notEnoughReplicasAfterAppend, .disconnect])
            cluster.setDelay(broker: 1, milliseconds: 20)
            var outcomes: [AppendOutcome] = []
            for start in stride(from: 0, to: 300, by: 50) { outcomes += await log.append(.numbered(.play, start..<start + 50)) }
            #expect(outcomes.compactMap(\.error) == [])
            cluster.setDelay(broker: 1, milliseconds: 0)
            cluster.pushErrors(api: .fetch, errors: [.disconnect, .notLeader, .requestTimedOut])
            let consumer = try log.consumer(.play, group: nil)
            let found = try await reading(consumer) { try $0.collect(300) }
            #expect(found.count == 300)
            #expect(Set(found.map(\.value)) == Set((0..<300).map { "value-\($0)" }))
            let positions = Set(found.map { LogPosition(topic: .play, partition: $0.partition, offset: $0.offset) })
            #expect(positions == Set(outcomes.compactMap(\.position)))
        }
    }

    /// Its thread that answers has ended: whoever comes later must not wait for it.
    @Test func aClosedProducerAnswersAtOnce() async throws {
        let cluster = try mock(partitions: 1)
        let producer = try KafkaProducer(KafkaSettings(bootstrap: cluster.bootstrap))
        let names: [Topic: String] = [.play: "play_events"]
        func append() async -> [AppendOutcome] {
            await withCheckedContinuation { continuation in
                producer.append(.numbered(.play, 0..<5), names: names) { continuation.resume(returning: $0) }
            }
        }
        #expect(await append().compactMap(\.error) == [])
        try await onOwnThread { producer.stop() }
        #expect(await append().map { $0.error?.kind } == Array(repeating: .unavailable, count: 5))
    }

    @Test func aBrokerThatIsDownIsUnavailableUntilItIsBack() async throws {
        let cluster = try mock(partitions: 1)
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 1500) { log in
            let first = await log.append(.numbered(.play, 0..<5))
            #expect(first.compactMap(\.error) == [])
            let consumer = ConsumerOnThread(try log.consumer(.play, group: nil))
            let head = try await onOwnThread { try consumer.consumer.collect(5).map(\.value) }
            cluster.setDown(broker: 1)
            let refused = await log.append(.numbered(.play, 5..<8))
            #expect(refused.map { $0.error?.kind } == [.unavailable, .unavailable, .unavailable])
            let silent = try await onOwnThread { try consumer.consumer.collect(1, seconds: 1).map(\.value) }
            #expect(silent.isEmpty)
            cluster.setUp(broker: 1)
            var outcomes: [AppendOutcome] = []
            for _ in 0..<20 where outcomes.first?.position == nil { outcomes = await log.append(.numbered(.play, 8..<10)) }
            #expect(outcomes.compactMap(\.error) == [])
            let tail = try await onOwnThread {
                defer { consumer.consumer.close() }
                return try consumer.consumer.collect(2).map(\.value)
            }
            #expect(head == (0..<5).map { "value-\($0)" })
            #expect(tail.suffix(2) == ["value-8", "value-9"])
        }
    }

    /// A broker that has forgotten the idempotent producer ends it for good; appends go on with another.
    @Test func aProducerThatLostStepIsReplaced() async throws {
        let cluster = try mock(partitions: 1)
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 5000) { log in
            let first = await log.append(.numbered(.play, 0..<5))
            #expect(first.compactMap(\.error) == [])
            cluster.pushErrors(api: .produce, errors: [.outOfOrderSequenceNumber])
            let lost = await log.append(.numbered(.play, 5..<10))
            #expect(lost.compactMap { $0.error?.kind } == Array(repeating: .unavailable, count: 5))
            let again = await log.append(.numbered(.play, 5..<10))
            #expect(again.compactMap(\.error) == [])
            let ranges = try await log.ranges(.play)
            #expect(ranges == [PartitionRange(partition: 0, start: 0, end: 10)])
        }
    }

    @Test func noBrokerAtAllIsUnavailable() async throws {
        var settings = KafkaSettings(bootstrap: "127.0.0.1:\(freePort())")
        settings.appendTimeoutMilliseconds = 500
        let log = try KafkaLog(settings: settings)
        let error = await #expect(throws: LogError.self) { try await log.open(.play, partitions: 1) }
        #expect(error?.kind == .unavailable)
        await log.close()
    }

    /// The first broker asked is the one that led before.
    @Test func endsAreAskedOfTheNewLeader() async throws {
        let cluster = try mock(partitions: 1, brokers: 2)
        cluster.setLeader(topic: Topic.play.name, partition: 0, broker: 1)
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 5000) { log in
            let outcomes = await log.append(.numbered(.play, 0..<5))
            #expect(outcomes.compactMap(\.error) == [])
            for broker in [Int32(2), 1, 2] {
                cluster.setLeader(topic: Topic.play.name, partition: 0, broker: broker)
                let ranges = try await log.ranges(.play)
                #expect(ranges == [PartitionRange(partition: 0, start: 0, end: 5)])
            }
            cluster.setLeader(topic: Topic.play.name, partition: 0, broker: 1)
            let offsets = try await log.offsets(.play, atOrAfter: Int64.max / 2)
            #expect(offsets == [0: 5])
            // Of a topic, too, that this client neither writes nor reads.
            try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 5000) { other in
                for broker in [Int32(1), 2, 1] {
                    cluster.setLeader(topic: Topic.play.name, partition: 0, broker: broker)
                    let ranges = try await other.ranges(.play)
                    #expect(ranges.map(\.end) == [5])
                }
            }
        }
    }

    @Test func partitionsMoveToASecondConsumerAndBack() async throws {
        let cluster = try mock(partitions: 4)
        // The mock cluster closes a rebalance one second before the session timeout.
        let quick = ["session.timeout.ms": "4500", "heartbeat.interval.ms": "200"]
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 20_000, extra: quick) { log in
            let first = GroupMember(try log.consumer(.play, group: "job"))
            let all = await first.waits { $0 == [0, 1, 2, 3] }
            #expect(all)
            let second = GroupMember(try log.consumer(.play, group: "job"))
            let half = await second.waits { $0.count == 2 }
            let rest = await first.waits { $0.count == 2 }
            #expect(half && rest)
            #expect(first.partitions.union(second.partitions) == [0, 1, 2, 3])
            // Cooperative: what stays with the first consumer was never taken from it.
            #expect(first.revoked == second.partitions)
            let outcomes = await log.append(.numbered(.play, 0..<100, users: 100))
            #expect(outcomes.compactMap(\.error) == [])
            let complete = await first.waitsForRecords { _ in first.recordCount + second.recordCount == 100 }
            #expect(complete)
            #expect(first.values.isDisjoint(with: second.values))
            await second.stop()
            let back = await first.waits { $0 == [0, 1, 2, 3] }
            #expect(back)
            await first.stop()
        }
    }

    /// librdkafka waits for an answer to every change that it announced, also while it closes.
    @Test(arguments: ["range"]) func closingEndsBetweenAChangeToldAndCarriedOut(strategy: String) async throws {
        let cluster = try mock(partitions: 4)
        let quick = ["session.timeout.ms": "4500", "heartbeat.interval.ms": "200", "partition.assignment.strategy": strategy]
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 20_000, extra: quick) { log in
            let consumer = ConsumerOnThread(try log.consumer(.play, group: "job"))
            let told = try await onOwnThread { try consumer.consumer.pollsUntil { $0 == .assigned([0, 1, 2, 3]) } }
            #expect(told)
            let second = GroupMember(try log.consumer(.play, group: "job"))
            let revoked = try await onOwnThread {
                try consumer.consumer.pollsUntil { if case .revoked = $0 { true } else { false } }
            }
            #expect(revoked)
            let isClosed = Atomic<Bool>(false)
            let thread = Thread {
                consumer.consumer.close()
                isClosed.store(true, ordering: .releasing)
            }
            thread.start()
            let ends = await comesTrue(within: 20) { isClosed.load(ordering: .acquiring) }
            #expect(ends)
            await second.stop()
        }
    }

    /// The mock cluster forgets what is beyond 5 MB of a partition, counted as it came.
    @Test(arguments: [[:], ["compression.type": "none"]]) func recordsGoCompressedUnlessASettingSaysOtherwise(extra: [String: String])
        async throws
    {
        let cluster = try mock(partitions: 1)
        try await withKafka(cluster.bootstrap, appendTimeoutMilliseconds: 20_000, extra: extra) { log in
            let long = String(repeating: "long ", count: 2000)
            for start in stride(from: 0, to: 1000, by: 100) {
                let outcomes = await log.append(.numbered(.play, start..<start + 100, prefix: long))
                #expect(outcomes.compactMap(\.error) == [])
            }
            let range = try await log.ranges(.play)[0]
            #expect(range.end == 1000)
            #expect((range.start == 0) == extra.isEmpty)
        }
    }

    @Test func settingsThatLibrdkafkaLacksAreRefusedWithAReason() throws {
        for extra in [["sasl.mechanism": "OAUTHBEARER", "security.protocol": "nonsense"], ["ssl.no.such.setting": "1"]] {
            let error = #expect(throws: LogError.self) { try KafkaLog(settings: KafkaSettings(bootstrap: "127.0.0.1:1", extra: extra)) }
            #expect(error?.kind == .invalid)
            #expect(error?.description.contains("nothing is sent unprotected") == true)
        }
        let error = #expect(throws: LogError.self) {
            try KafkaLog(settings: KafkaSettings(bootstrap: "127.0.0.1:1", extra: ["acks": "many"]))
        }
        #expect(error?.description.contains("acks") == true)
    }

    private func mock(partitions: Int, brokers: Int = 1) throws -> MockKafkaCluster {
        let cluster = try MockKafkaCluster(brokerCount: brokers)
        try cluster.createTopic(Topic.play.name, partitions: partitions)
        try cluster.createTopic("recs_topic_generations", partitions: 1)
        return cluster
    }

    private func withKafka(
        _ bootstrap: String, appendTimeoutMilliseconds: Int, extra: [String: String] = [:], _ body: (KafkaLog) async throws -> Void
    ) async throws {
        var settings = KafkaSettings(bootstrap: bootstrap, extra: extra)
        settings.appendTimeoutMilliseconds = appendTimeoutMilliseconds
        let log = try KafkaLog(settings: settings)
        do {
            _ = try await log.open(.play, partitions: 1)
            try await body(log)
        } catch {
            await log.close()
            throw error
        }
        await log.close()
    }
}

extension LogConsumer {
    /// Polls at most half a minute until a poll answers as wanted.
    fileprivate func pollsUntil(_ isWanted: (PollResult) -> Bool) throws(LogError) -> Bool {
        var batch = RecordBatch()
        for _ in 0..<300 where isWanted(try poll(into: &batch, recordCountMax: 10, timeoutMilliseconds: 100)) { return true }
        return false
    }
}
