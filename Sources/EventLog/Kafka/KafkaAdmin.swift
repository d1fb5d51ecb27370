internal import CRdKafka

/// Creates and describes topics and looks up offsets; every call blocks, at most `timeoutMilliseconds` a request.
struct KafkaAdmin: Sendable {
    let handle: KafkaHandle
    let timeoutMilliseconds: Int

    private var timeout: Int32 { Int32(clamping: timeoutMilliseconds) }

    /// The partition count of a topic; nil if there is none of that name. Asks for all topics, because asking for one may create it.
    func partitionCount(_ name: String) throws(LogError) -> Int? {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(handle.pointer, 1, nil, &metadata, timeout)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw LogError(kafka: error, doing: "asking Kafka for its topics") }
        defer { rd_kafka_metadata_destroy(metadata) }
        let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        guard let topic = topics.first(where: { String(cString: $0.topic) == name }), topic.partition_cnt > 0 else { return nil }
        return Int(topic.partition_cnt)
    }

    /// Creates a topic; answers false if there is one already.
    func create(_ name: String, partitions: Int, replicas: Int, configuration: [String: String]) throws(LogError) -> Bool {
        var text = [CChar](repeating: 0, count: 512)
        var topic = rd_kafka_NewTopic_new(name, Int32(clamping: partitions), Int32(clamping: replicas), &text, text.count)
        guard let new = topic else { throw LogError(.invalid, "creating \(name): \(KafkaHandle.string(text))") }
        defer { rd_kafka_NewTopic_destroy(new) }
        for (key, value) in configuration { rd_kafka_NewTopic_set_config(new, key, value) }
        let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, timeout, &text, text.count)
        rd_kafka_AdminOptions_set_operation_timeout(options, timeout, &text, text.count)
        let queue = QueueHandle(handle, rd_kafka_queue_new(handle.pointer))
        rd_kafka_CreateTopics(handle.pointer, &topic, 1, options, queue.pointer)
        guard let event = rd_kafka_queue_poll(queue.pointer, Int32(clamping: timeoutMilliseconds + 1000)) else {
            throw LogError(.unavailable, "creating \(name): Kafka does not answer")
        }
        defer { rd_kafka_event_destroy(event) }
        return try readCreation(event, name)
    }

    /// The range of one partition.
    func range(_ name: String, partition: Int32) throws(LogError) -> PartitionRange {
        try KafkaAdmin.range(handle, name, partition: partition, timeout: timeout)
    }

    /// The first offset at or after `time` of each partition; nil where there is none.
    func offsets(_ name: String, partitions: Int, atOrAfter time: Int64) throws(LogError) -> [Int32: Int64?] {
        var list = TopicPartitionList(topic: name, [])
        let error = KafkaAdmin.asking(handle, timeout) { timeout in
            list = TopicPartitionList(topic: name, (0..<Int32(partitions)).map { ($0, time) })
            let error = rd_kafka_offsets_for_times(handle.pointer, list.pointer, timeout)
            if error != RD_KAFKA_RESP_ERR_NO_ERROR { return error }
            return list.elements.first { $0.err != RD_KAFKA_RESP_ERR_NO_ERROR }?.err ?? error
        }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw LogError(kafka: error, doing: "looking up offsets of \(name) by time") }
        var offsets: [Int32: Int64?] = [:]
        for element in list.elements { offsets.updateValue(element.offset >= 0 ? element.offset : nil, forKey: element.partition) }
        return offsets
    }

    static func range(_ handle: KafkaHandle, _ name: String, partition: Int32, timeout: Int32) throws(LogError) -> PartitionRange {
        var range = PartitionRange(partition: partition, start: 0, end: 0)
        let error = asking(handle, timeout) {
            rd_kafka_query_watermark_offsets(handle.pointer, name, partition, &range.start, &range.end, $0)
        }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw LogError(kafka: error, doing: "asking for the ends of \(name) \(partition)")
        }
        return range
    }

    /// Asks again while the answer is that a partition is led by another broker than the one asked, within the time. Librdkafka does not in
    /// these two calls, and looks for new leaders of no topic that it neither writes nor reads: so all are asked for.
    private static func asking(
        _ handle: KafkaHandle, _ milliseconds: Int32, _ ask: (Int32) -> rd_kafka_resp_err_t
    ) -> rd_kafka_resp_err_t {
        let deadline = steadyClockMilliseconds() + Int64(milliseconds)
        var pauseMilliseconds = 50
        var error = ask(milliseconds)
        while true {
            let isTransient =
                error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
                || error == RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH
            if !isTransient || steadyClockMilliseconds() + Int64(pauseMilliseconds) >= deadline { return error }
            pause(milliseconds: pauseMilliseconds)
            pauseMilliseconds = min(2 * pauseMilliseconds, 500)
            func left() -> Int32 { Int32(clamping: max(deadline - steadyClockMilliseconds(), 1)) }
            var metadata: UnsafePointer<rd_kafka_metadata>?
            if rd_kafka_metadata(handle.pointer, 1, nil, &metadata, left()) == RD_KAFKA_RESP_ERR_NO_ERROR {
                rd_kafka_metadata_destroy(metadata)
            }
            // Where the time is up, what was said before is the reason.
            if steadyClockMilliseconds() >= deadline { return error }
            error = ask(left())
        }
    }

    private func readCreation(_ event: OpaquePointer, _ name: String) throws(LogError) -> Bool {
        let doing = "creating \(name)"
        let error = rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw LogError(kafka: error, doing: doing) }
        var count = 0
        guard let result = rd_kafka_event_CreateTopics_result(event), let topics = rd_kafka_CreateTopics_result_topics(result, &count),
            count == 1, let topic = topics[0]
        else { throw LogError(.unavailable, "\(doing): Kafka gave no result") }
        let code = rd_kafka_topic_result_error(topic)
        if code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return false }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let detail = rd_kafka_topic_result_error_string(topic).map { ": " + String(cString: $0) } ?? ""
            throw LogError(kafka: code, doing: doing + detail)
        }
        return true
    }
}
