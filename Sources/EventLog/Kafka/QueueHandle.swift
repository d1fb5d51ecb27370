internal import CRdKafka

/// Owns a reference to a queue of a librdkafka client. Unchecked: queues may be used from any thread.
final class QueueHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    /// Lives as long as its queue.
    private let client: KafkaHandle

    init(_ client: KafkaHandle, _ pointer: OpaquePointer) {
        self.pointer = pointer
        self.client = client
    }

    deinit { rd_kafka_queue_destroy(pointer) }
}
