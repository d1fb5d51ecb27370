internal import CRdKafka

/// Owns a topic of the producer. Unchecked: librdkafka's topic handles may be used from any thread.
final class TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Lives as long as its topic.
    private let client: KafkaHandle

    init(_ client: KafkaHandle, name: String) {
        guard let pointer = rd_kafka_topic_new(client.pointer, name, nil) else {
            preconditionFailure("librdkafka refuses the topic name \(name): \(KafkaHandle.text(rd_kafka_last_error()))")
        }
        self.pointer = pointer
        self.client = client
    }

    deinit { rd_kafka_topic_destroy(pointer) }
}
