internal import CRdKafka
internal import Events

/// Reads one topic of Kafka; belongs to one thread.
///
/// Partitions are taken over or given back at the poll after the one that told of it, so that the caller seeks, or stores what it holds, in between.
/// Callback lifetime: librdkafka holds an unretained `KafkaRebalances`; `close` (at the latest `deinit`) destroys the client before it goes.
package final class KafkaConsumer: LogConsumer {
    private static let pollByteCountMax = 32 << 20
    private static let chunkCountMax = 4096
    private static let waitMilliseconds = 100
    private static let closeMilliseconds: Int64 = 5000
    /// 2.3.0 in `rd_kafka_version`'s form.
    private static let versionThatDestroysAll: Int32 = 0x0203_0000

    private let topic: String
    private let hasGroup: Bool
    private let timeoutMilliseconds: Int
    private let rebalances = KafkaRebalances()
    private var handle: KafkaHandle?
    private var queue: QueueHandle?
    /// What the last poll told and the next one carries out.
    private var told: KafkaRebalances.Change?
    /// The partitions that are ours, each with the lowest offset that may still be delivered.
    private var positions = PartitionPositions()
    /// The ends that were come to since the last seek.
    private var ends: [Int32: Int64] = [:]
    /// The greatest ends of our partitions that were told so far.
    private var knownEnds: [Int32: Int64] = [:]
    private let messages = UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>.allocate(capacity: chunkCountMax)

    init(settings: KafkaSettings, topic: String, partitions: Int, group: String?) throws(LogError) {
        self.topic = topic
        hasGroup = group != nil
        timeoutMilliseconds = settings.appendTimeoutMilliseconds
        let context = Unmanaged.passUnretained(rebalances).toOpaque()
        // librdkafka wants a group id even where partitions are taken without a group; nothing is stored under it.
        let properties = settings.consumerProperties(group: settings.topicPrefix + (group ?? "recs-reader"))
        let handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties) { configuration in
            rd_kafka_conf_set_opaque(configuration, context)
            rd_kafka_conf_set_rebalance_cb(configuration, bufferRebalance)
        }
        rd_kafka_poll_set_consumer(handle.pointer)
        self.handle = handle
        queue = QueueHandle(handle, rd_kafka_queue_get_consumer(handle.pointer))
        guard hasGroup else {
            rebalances.pending = [.assigned((0..<Int32(partitions)).map { $0 })]
            return
        }
        let list = TopicPartitionList(topic: topic, [(RD_KAFKA_PARTITION_UA, 0)])
        let error = rd_kafka_subscribe(handle.pointer, list.pointer)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw LogError(kafka: error, doing: "subscribing to \(topic)") }
    }

    deinit {
        close()
        messages.deallocate()
    }

    package func poll(
        into batch: inout RecordBatch, recordCountMax: Int, timeoutMilliseconds: Int
    ) throws(LogError) -> PollResult {
        batch.removeAll()
        let (handle, queue) = try opened()
        if let change = told {
            told = nil
            try carryOut(change, handle)
        }
        let deadline = steadyClockMilliseconds() + Int64(timeoutMilliseconds)
        while true {
            if let change = rebalances.takeFirst() {
                if !change.partitions.isEmpty { return tell(change) }
                try carryOut(change, handle)  // nothing to tell, but librdkafka waits for it
                continue
            }
            try fill(&batch, queue, recordCountMax: recordCountMax, timeout: 0)
            if !batch.records.isEmpty { return .records }
            let left = deadline - steadyClockMilliseconds()
            if left <= 0 && rebalances.pending.isEmpty { return .records }
            // A full batch would be waited for to the end of the time: so wait for one record, then take what came along.
            let wait = min(max(Int(left), 0), KafkaConsumer.waitMilliseconds)
            try fill(&batch, queue, recordCountMax: 1, timeout: Int32(wait))
            guard batch.records.isEmpty else {
                try fill(&batch, queue, recordCountMax: recordCountMax, timeout: 0)
                return .records
            }
        }
    }

    package func seek(partition: Int32, to offset: Int64) throws(LogError) {
        let (handle, _) = try opened()
        // Not taken over yet: the offset goes along when it is.
        let isComing = ([told].compactMap(\.self) + rebalances.pending).contains { $0.isAssignment && $0.partitions.contains(partition) }
        guard positions[partition] != nil || isComing else {
            throw LogError(.invalid, "seeking \(topic) \(partition): the partition is not assigned to this consumer")
        }
        let range = try range(partition: partition)
        guard (range.start...max(range.start, range.end)).contains(offset) else {
            throw LogError(
                .mismatch,
                "\(topic) partition \(partition): offset \(offset) is not on the log, which holds \(range.start)..<\(range.end); rebuild by replay"
            )
        }
        positions[partition] = offset
        ends[partition] = nil
        guard !isComing else { return }
        let list = TopicPartitionList(topic: topic, [(partition, offset)])
        let error = rd_kafka_seek_partitions(handle.pointer, list.pointer, Int32(clamping: timeoutMilliseconds))
        let text = error.map { String(cString: rd_kafka_error_string($0)) }
        if let error { rd_kafka_error_destroy(error) }
        if let text { throw LogError(.unavailable, "seeking \(topic) \(partition): \(text)") }
        let code = list.elements[0].err
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw LogError(kafka: code, doing: "seeking \(topic) \(partition)") }
    }

    package func position(partition: Int32) -> Int64? {
        positions[partition].map { max($0, ends[partition] ?? 0) }
    }

    package func commit(partition: Int32, next offset: Int64) {
        guard hasGroup, let handle else { return }
        let list = TopicPartitionList(topic: topic, [(partition, offset)])
        // Not waited for and not checked: only lag tools read it, and the next commit repeats it.
        _ = rd_kafka_commit(handle.pointer, list.pointer, 1)
    }

    package func range(partition: Int32) throws(LogError) -> PartitionRange {
        let (handle, _) = try opened()
        let range = try KafkaAdmin.range(handle, topic, partition: partition, timeout: Int32(clamping: timeoutMilliseconds))
        knownEnds[partition] = max(range.end, knownEnds[partition] ?? 0)
        return range
    }

    package func knownEnd(partition: Int32) throws(LogError) -> Int64 {
        // Every answer to a fetch tells the end and librdkafka keeps it; before the first it knows none, and says a negative one.
        var (low, high): (Int64, Int64) = (-1, -1)
        let error = rd_kafka_get_watermark_offsets(try opened().handle.pointer, topic, partition, &low, &high)
        let fetched = error == RD_KAFKA_RESP_ERR_NO_ERROR ? high : -1
        let known = if let end = knownEnds[partition] { end } else { try range(partition: partition).end }
        let end = max(known, fetched, position(partition: partition) ?? 0)
        knownEnds[partition] = end
        return end
    }

    /// Leaves the group, which others notice sooner than by its timeout. That is a courtesy: where it does not come about in time (librdkafka 2.0
    /// can wait for a coordinator for ever), the client is left to itself, so that a process can always end.
    package func close() {
        guard let handle else { return }
        // librdkafka waits for an answer to every change that it announced.
        for change in [told].compactMap(\.self) + rebalances.pending { try? carryOut(change, handle) }
        told = nil
        queue = nil
        if !handle.closeConsumer(withinMilliseconds: KafkaConsumer.closeMilliseconds) { handle.abandon() }
        // Before 2.3 librdkafka aborts the process where a cooperative-sticky member is destroyed that never had partitions (its issue 4312).
        if hasGroup && !rebalances.hasAssigned && rd_kafka_version() < KafkaConsumer.versionThatDestroysAll { handle.keep() }
        self.handle = nil
        positions = PartitionPositions()
    }

    private func opened() throws(LogError) -> (handle: KafkaHandle, queue: QueueHandle) {
        guard let handle, let queue else { throw LogError(.invalid, "the consumer of \(topic) is closed") }
        return (handle, queue)
    }

    private func tell(_ change: KafkaRebalances.Change) -> PollResult {
        told = change
        if change.isAssignment { return .assigned(change.partitions) }
        for partition in change.partitions { (positions[partition], ends[partition], knownEnds[partition]) = (nil, nil, nil) }
        return .revoked(change.partitions)
    }

    private func carryOut(_ change: KafkaRebalances.Change, _ handle: KafkaHandle) throws(LogError) {
        // Offsets stored under the group are never read: without a seek a partition starts at the log's start.
        let starts = change.partitions.map { ($0, positions[$0] ?? Int64(RD_KAFKA_OFFSET_BEGINNING)) }
        let list = TopicPartitionList(topic: topic, starts)
        if change.isAssignment {
            for partition in change.partitions where positions[partition] == nil { positions[partition] = 0 }
        }
        if let text = KafkaRebalances.carryOut(handle.pointer, isAssignment: change.isAssignment, list.pointer) {
            throw LogError(.unavailable, "taking the partitions of \(topic): \(text)")
        }
    }

    private func fill(_ batch: inout RecordBatch, _ queue: QueueHandle, recordCountMax: Int, timeout: Int32) throws(LogError) {
        // In hand, so that it is not looked up in the object for each message.
        var held = PartitionPositions()
        swap(&held, &positions)
        defer { swap(&held, &positions) }
        while batch.records.count < recordCountMax, batch.bytes.count < KafkaConsumer.pollByteCountMax {
            let wanted = min(recordCountMax - batch.records.count, KafkaConsumer.chunkCountMax)
            let count = rd_kafka_consume_batch_queue(queue.pointer, timeout, messages, wanted)
            guard count > 0 else { return }
            var failure: LogError?
            for index in 0..<count {
                guard let message = messages[index] else { continue }
                switch message.pointee.err {
                case RD_KAFKA_RESP_ERR_NO_ERROR: KafkaConsumer.add(message, to: &batch, &held)
                case RD_KAFKA_RESP_ERR__PARTITION_EOF: ends[message.pointee.partition] = message.pointee.offset
                default: failure = failure ?? lasting(message)
                }
                rd_kafka_message_destroy(message)
            }
            if let failure { throw failure }
            if count < wanted { return }
        }
    }

    @inline(__always)
    private static func add(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, to batch: inout RecordBatch, _ positions: inout PartitionPositions
    ) {
        let partition = message.pointee.partition
        let offset = message.pointee.offset
        // What was fetched before a seek or a revocation is not ours to deliver.
        guard let position = positions[partition], offset >= position else { return }
        positions[partition] = offset + 1
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        let key = UnsafeRawBufferPointer(start: message.pointee.key, count: message.pointee.key_len)
        let value = UnsafeRawBufferPointer(start: message.pointee.payload, count: message.pointee.len)
        let start = batch.bytes.count
        batch.bytes.append(contentsOf: key)
        batch.bytes.append(contentsOf: value)
        batch.records.append(
            RecordBatch.Record(
                partition: partition, offset: offset, timestamp: timestamp, key: Slice(offset: start, count: key.count),
                value: Slice(offset: start + key.count, count: value.count)))
    }

    /// The error that the caller must know; nil for what librdkafka mends by itself (lost connections, moved leaders, coordinators away).
    private func lasting(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> LogError? {
        let code = message.pointee.err
        let detail = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
        switch code {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__FATAL,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR__AUTHENTICATION:
            return LogError(kafka: code, doing: "reading \(topic) \(message.pointee.partition) (\(detail))")
        default: return nil
        }
    }
}
