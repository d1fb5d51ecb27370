package import Events
internal import NIOConcurrencyHelpers

/// The event log on a Kafka cluster, through librdkafka (DESIGN §5).
///
/// An append is acknowledged by all in-sync replicas. A record that failed as `.unavailable` may still have reached the log (its acknowledgement
/// was lost): sent again it is a duplicate with the same event id, which jobs recognise.
package final class KafkaLog: EventLog {
    private struct State {
        var descriptions: [Topic: TopicDescription] = [:]
        var names: [Topic: String] = [:]
        var isClosed = false
    }

    private let settings: KafkaSettings
    private let producers: NIOLockedValueBox<KafkaProducer>
    private let state = NIOLockedValueBox(State())
    private let blocking = BlockingQueue(label: "kafka-log")

    /// The topic that keeps the generations of the others, before the prefix.
    package static let generationsTopic = KafkaGenerations.topic
    /// The version of the librdkafka that is linked.
    package static var libraryVersion: String { KafkaHandle.libraryVersion }

    /// Reads and checks the settings; connects later.
    package init(settings: KafkaSettings) throws(LogError) {
        guard settings.replicationFactor >= 1 else {
            throw LogError(.invalid, "Kafka replication factor \(settings.replicationFactor): at least 1 is needed")
        }
        self.settings = settings
        producers = NIOLockedValueBox(try KafkaProducer(settings))
    }

    package func open(_ topic: Topic, partitions: Int) async throws(LogError) -> TopicDescription {
        try await blocking.run { [self] () throws(LogError) in
            let known = state.withLockedValue { ($0.descriptions[topic], $0.isClosed) }
            if known.1 { throw LogError(.unavailable, "the log is closed") }
            if let description = known.0 { return description }
            let description = try openNow(topic, partitions: partitions)
            state.withLockedValue { state in
                state.descriptions[topic] = description
                state.names[topic] = name(topic)
            }
            return description
        }
    }

    package func append(_ batch: AppendBatch) async -> [AppendOutcome] {
        await withCheckedContinuation { continuation in
            start(batch) { continuation.resume(returning: $0) }
        }
    }

    package func appendBlocking(_ batch: AppendBatch) -> [AppendOutcome] {
        AppendTicket.waitBlocking { start(batch, completion: $0) }
    }

    package func ranges(_ topic: Topic) async throws(LogError) -> [PartitionRange] {
        let description = try opened(topic)
        return try await blocking.run { [self] () throws(LogError) in
            var ranges: [PartitionRange] = []
            for partition in 0..<Int32(description.partitions) { ranges.append(try admin.range(name(topic), partition: partition)) }
            return ranges
        }
    }

    package func offsets(_ topic: Topic, atOrAfter time: Int64) async throws(LogError) -> [Int32: Int64] {
        let description = try opened(topic)
        return try await blocking.run { [self] () throws(LogError) in
            var offsets: [Int32: Int64] = [:]
            for (partition, offset) in try admin.offsets(name(topic), partitions: description.partitions, atOrAfter: time) {
                if let offset {
                    offsets[partition] = offset
                } else {
                    offsets[partition] = try admin.range(name(topic), partition: partition).end
                }
            }
            return offsets
        }
    }

    package func consumer(_ topic: Topic, group: String?) throws(LogError) -> any LogConsumer {
        let description = try opened(topic)
        return try KafkaConsumer(settings: settings, topic: name(topic), partitions: description.partitions, group: group)
    }

    package func close() async {
        let wasClosed = state.withLockedValue { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        guard !wasClosed else { return }
        await withCheckedContinuation { continuation in
            blocking.start { [self] in
                producers.withLockedValue { $0 }.stop()
                continuation.resume()
            }
        }
    }

    /// The producer in use. One that has lost step with the brokers will never take a record again: another takes its place, with a
    /// producer id of its own. What the first one had under way is answered as failed; sent again it is at worst a duplicate.
    private var producer: KafkaProducer {
        producers.withLockedValue { producer in
            // The settings have made a producer before; where they cannot now, appends go on failing with the reason.
            guard producer.hasFailed, let successor = try? KafkaProducer(settings) else { return producer }
            let predecessor = producer
            blocking.start { predecessor.stop() }
            producer = successor
            return successor
        }
    }

    private var admin: KafkaAdmin { KafkaAdmin(handle: producer.handle, timeoutMilliseconds: settings.appendTimeoutMilliseconds) }

    private func name(_ topic: Topic) -> String { settings.topicPrefix + topic.name }

    private func opened(_ topic: Topic) throws(LogError) -> TopicDescription {
        let found = state.withLockedValue { ($0.descriptions[topic], $0.isClosed) }
        if found.1 { throw LogError(.unavailable, "the log is closed") }
        if let description = found.0 { return description }
        throw LogError(.mismatch, "the topic \(topic.name) is not open; open it first")
    }

    private func start(_ batch: AppendBatch, completion: @escaping @Sendable ([AppendOutcome]) -> Void) {
        let (names, isClosed) = state.withLockedValue { ($0.names, $0.isClosed) }
        guard isClosed else {
            producer.append(batch, names: names, completion: completion)
            return
        }
        let closed = AppendOutcome.failed(LogError(.unavailable, "the log is closed"))
        completion(Array(repeating: closed, count: batch.records.count))
    }

    private func openNow(_ topic: Topic, partitions: Int) throws(LogError) -> TopicDescription {
        let name = name(topic)
        var created = false
        var count = try admin.partitionCount(name)
        if count == nil {
            let configuration = settings.durableConfiguration.merging(settings.topicConfiguration) { $1 }
            created = try admin.create(name, partitions: partitions, replicas: settings.replicationFactor, configuration: configuration)
            count = try admin.waitForTopic(name)
        }
        let generations = KafkaGenerations(settings: settings, admin: admin, producer: producer)
        let generation = try generations.generation(of: name, created: created)
        return TopicDescription(topic: topic, partitions: count ?? partitions, generation: generation)
    }
}

extension KafkaSettings {
    /// Topic settings of the `consistent` profile: append time from the broker, clean leader elections, at least two copies where there are several.
    var durableConfiguration: [String: String] {
        [
            "message.timestamp.type": "LogAppendTime", "cleanup.policy": "delete", "unclean.leader.election.enable": "false",
            "min.insync.replicas": replicationFactor >= 2 ? "2" : "1",
        ]
    }
}
