internal import CRdKafka

/// Reading a topic with librdkafka and nothing of ours: the yardstick of what reads a topic with more.
package enum BareKafkaRead {
    private static let batchCountMax = 4096
    /// Without a record for so long the log has not what it should have.
    private static let silenceMilliseconds: Int64 = 10_000

    /// Consumes `recordCount` records from the start of all partitions in batches; answers the bytes of keys and values.
    package static func run(_ settings: KafkaSettings, topic: String, partitions: Int, recordCount: Int) throws(LogError) -> Int {
        let handle = try KafkaHandle(RD_KAFKA_CONSUMER, settings.consumerProperties(group: "recs-bare"))
        rd_kafka_poll_set_consumer(handle.pointer)
        let queue = QueueHandle(handle, rd_kafka_queue_get_consumer(handle.pointer))
        let list = TopicPartitionList(topic: topic, (0..<Int32(partitions)).map { ($0, Int64(RD_KAFKA_OFFSET_BEGINNING)) })
        let error = rd_kafka_assign(handle.pointer, list.pointer)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw LogError(kafka: error, doing: "taking the partitions of \(topic)") }
        return try count(queue, recordCount: recordCount)
    }

    private static func count(_ queue: QueueHandle, recordCount: Int) throws(LogError) -> Int {
        let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(capacity: batchCountMax)
        defer { messages.deallocate() }
        var left = recordCount
        var byteCount = 0
        var heardAt = steadyClockMilliseconds()
        while left > 0 {
            let count = rd_kafka_consume_batch_queue(queue.pointer, 10, messages, batchCountMax)
            if count > 0 { heardAt = steadyClockMilliseconds() }
            guard steadyClockMilliseconds() - heardAt < silenceMilliseconds else {
                throw LogError(.unavailable, "\(left) of \(recordCount) records did not come")
            }
            for index in 0..<max(0, Int(count)) {
                guard let message = messages[index] else { continue }
                if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                    left -= 1
                    byteCount += message.pointee.key_len + message.pointee.len
                }
                rd_kafka_message_destroy(message)
            }
        }
        return byteCount
    }
}
