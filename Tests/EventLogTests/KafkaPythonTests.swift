import EventLog
import Events
import TestSupport
import Testing

/// Python's `confluent_kafka` (its own, newer librdkafka) and this log understand each other.
@Suite struct KafkaPythonTests {
    @Test func recordsOfAPythonProducerAreReadAndPartitionedAlike() async throws {
        let broker = try await Broker.shared.get()
        var settings = KafkaSettings(bootstrap: broker.bootstrap, assignmentStrategy: "range")
        settings.topicPrefix = "python."
        let log = try KafkaLog(settings: settings)
        _ = try await log.open(.feedback, partitions: 6)
        let script = """
            import sys
            from confluent_kafka import Producer
            producer = Producer({"bootstrap.servers": sys.argv[1], "partitioner": "murmur2_random", "linger.ms": 5})
            failures = []
            for number in range(200):
                producer.produce(sys.argv[2], key="viewer-%d-é" % number, value="rated %d" % number,
                                 on_delivery=lambda error, message: failures.append(error) if error else None)
            left = producer.flush(20)
            print(len(failures), left)
            """
        let bootstrap = broker.bootstrap
        let child = try await onOwnThread {
            try ChildProcess.run(ChildProcess.python, ["-c", script, bootstrap, "python." + Topic.feedback.name])
        }
        #expect(child.status == 0, "\(child.errors)")
        #expect(child.output == "0 0\n")
        let consumer = try log.consumer(.feedback, group: nil)
        let found = try await reading(consumer) { try $0.collect(200) }
        #expect(Set(found.map(\.value)) == Set((0..<200).map { "rated \($0)" }))
        for record in found {
            let key = Array(record.key.utf8)
            let expected = key.withUnsafeBytes { partition(of: $0, count: 6) }
            #expect(record.partition == expected)
        }
        await log.close()
    }

    @Test func recordsOfThisLogAreReadByPython() async throws {
        let broker = try await Broker.shared.get()
        var settings = KafkaSettings(bootstrap: broker.bootstrap, assignmentStrategy: "range")
        settings.topicPrefix = "topython."
        let log = try KafkaLog(settings: settings)
        _ = try await log.open(.feedback, partitions: 2)
        let outcomes = await log.append(.numbered(.feedback, 0..<50))
        #expect(outcomes.compactMap(\.error) == [])
        let script = """
            import sys
            from confluent_kafka import Consumer, TopicPartition
            consumer = Consumer({"bootstrap.servers": sys.argv[1], "group.id": "python-reader", "enable.auto.commit": False})
            consumer.assign([TopicPartition(sys.argv[2], partition, 0) for partition in range(2)])
            lines = []
            while len(lines) < 50:
                message = consumer.poll(20)
                if message is None:
                    break
                if message.error() is None:
                    lines.append("%d %d %s %s" % (message.partition(), message.offset(), message.key().decode(), message.value().decode()))
            print("\\n".join(lines))
            """
        let bootstrap = broker.bootstrap
        let child = try await onOwnThread {
            try ChildProcess.run(ChildProcess.python, ["-c", script, bootstrap, "topython." + Topic.feedback.name])
        }
        #expect(child.status == 0, "\(child.errors)")
        let expected = outcomes.enumerated().compactMap { index, outcome in
            outcome.position.map { "\($0.partition) \($0.offset) user-\(index % 7) value-\(index)" }
        }
        #expect(Set(child.output.split(separator: "\n").map(String.init)) == Set(expected))
        await log.close()
    }
}
