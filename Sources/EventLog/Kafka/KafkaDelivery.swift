internal import CRdKafka
internal import Events

/// Which record of which append a message is.
final class KafkaDelivery: Sendable {
    private let ticket: AppendTicket
    private let index: Int
    private let topic: Topic

    init(ticket: AppendTicket, index: Int, topic: Topic) {
        self.ticket = ticket
        self.index = index
        self.topic = topic
    }

    /// Answers the record of a delivery report.
    static func report(_ message: rd_kafka_message_t) {
        guard let opaque = message._private else { return }
        let delivery = Unmanaged<KafkaDelivery>.fromOpaque(opaque).takeRetainedValue()
        let outcome: AppendOutcome =
            if message.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                .appended(LogPosition(topic: delivery.topic, partition: message.partition, offset: message.offset))
            } else {
                .failed(LogError(kafka: message.err, doing: "appending to \(delivery.topic.name)"))
            }
        delivery.ticket.answer(count: 1) { $0[delivery.index] = outcome }
    }
}
