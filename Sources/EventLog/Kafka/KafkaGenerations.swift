internal import CRdKafka
internal import Events

/// Keeps the generations of topics, for which Kafka has no place of its own (topic ids are out of reach of librdkafka 2.0), in a topic beside them.
///
/// `recs_topic_generations` is never compacted and keeps its records for ever; a record is keyed by topic name and says
/// `created <generation>` (written by whoever created the topic, and only one process can have) or `adopted <generation>` (the topic was made by
/// someone else). The generation is that of the last `created`, else of the first `adopted`: all processes read the same, whatever their order.
struct KafkaGenerations {
    static let topic = "recs_topic_generations"

    let settings: KafkaSettings
    let admin: KafkaAdmin
    let producer: KafkaProducer

    private var name: String { settings.topicPrefix + KafkaGenerations.topic }

    /// The generation of `topic`, minted if there is none or if we have just `created` it. Blocks.
    func generation(of topic: String, created: Bool) throws(LogError) -> UInt64 {
        let partitions = try openTopic()
        if !created, let known = try read(topic, partitions: partitions) { return known }
        try write("\(created ? "created" : "adopted") \(UInt64.random(in: 1...UInt64.max))", topic: topic)
        guard let generation = try read(topic, partitions: partitions) else {
            throw LogError(
                .unavailable, "the generation of \(topic) was written to \(name) but is not there; is the broker losing records?")
        }
        return generation
    }

    private func openTopic() throws(LogError) -> Int {
        if let count = try admin.partitionCount(name) { return count }
        let configuration = ["cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"]
        let durable = settings.durableConfiguration.merging(configuration) { $1 }
        _ = try admin.create(name, partitions: 1, replicas: settings.replicationFactor, configuration: durable)
        return try admin.waitForTopic(name)
    }

    private func write(_ text: String, topic: String) throws(LogError) {
        var batch = AppendBatch()
        batch.bytes = Array(topic.utf8) + Array(text.utf8)
        let key = Slice(offset: 0, count: topic.utf8.count)
        // The producer names the topic by the table given here, so which one stands in the record does not matter.
        let record = AppendBatch.Record(topic: .deadLetters, key: key, value: Slice(offset: topic.utf8.count, count: text.utf8.count))
        batch.records = [record]
        let outcomes = AppendTicket.waitBlocking { producer.append(batch, names: [.deadLetters: name], completion: $0) }
        for case .failed(let error) in outcomes { throw error }
    }

    private func read(_ topic: String, partitions: Int) throws(LogError) -> UInt64? {
        let key = Array(topic.utf8)
        let place = key.withUnsafeBytes { partition(of: $0, count: partitions) }
        let range = try admin.range(name, partition: place)
        guard range.end > range.start else { return nil }
        let consumer = try KafkaConsumer(settings: settings, topic: name, partitions: partitions, group: nil)
        defer { consumer.close() }
        var batch = RecordBatch()
        var adopted: UInt64?
        var created: UInt64?
        var position = range.start
        let deadline = steadyClockMilliseconds() + Int64(settings.appendTimeoutMilliseconds)
        while position < range.end {
            guard steadyClockMilliseconds() < deadline else { throw LogError(.unavailable, "reading \(name): Kafka does not answer") }
            _ = try consumer.poll(into: &batch, recordCountMax: 1000, timeoutMilliseconds: 100)
            for record in batch.records where record.partition == place {
                position = record.offset + 1
                guard batch.bytes[record.key.range].elementsEqual(key) else { continue }
                let words = String(decoding: batch.bytes[record.value.range], as: UTF8.self).split(separator: " ")
                guard words.count == 2, let number = UInt64(words[1]) else { continue }
                if words[0] == "created" { created = number } else { adopted = adopted ?? number }
            }
        }
        return created ?? adopted
    }
}

extension KafkaAdmin {
    /// Waits until a topic that was just created is known; answers its partition count.
    func waitForTopic(_ name: String) throws(LogError) -> Int {
        let deadline = steadyClockMilliseconds() + Int64(timeoutMilliseconds)
        while steadyClockMilliseconds() < deadline {
            if let count = try partitionCount(name) { return count }
            pause(milliseconds: 20)
        }
        throw LogError(.unavailable, "\(name) was created, but the brokers do not know it yet; try again later")
    }
}
