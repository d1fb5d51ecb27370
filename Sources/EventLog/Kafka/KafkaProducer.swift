internal import CRdKafka
internal import Events
internal import Foundation
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Owns the idempotent producer: hands records to librdkafka and drains its delivery reports on a thread of its own.
///
/// Lifetime of a record's context: `produce` passes a retained `KafkaDelivery` as the message's opaque; librdkafka returns each opaque in
/// exactly one delivery report, where the retain is taken back. If `rd_kafka_produce` refuses a record there is no report, and it is taken back there.
final class KafkaProducer: Sendable {
    /// How many append calls may wait for room in librdkafka's queue.
    private static let waitingCountMax = 64

    let handle: KafkaHandle
    private let timeoutMilliseconds: Int
    /// Topic handles by name; made once, destroyed at the end.
    private let topics = NIOLockedValueBox<[String: TopicHandle]>([:])
    private let events: QueueHandle
    private let overflow = BlockingQueue(label: "kafka-overflow")
    private let waitingCount = Atomic<Int>(0)
    /// Threads that hand over records right now, and whether no more are taken: after the drain thread's end nobody would answer them.
    private let producingCount = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let hasStopped = DispatchSemaphore(value: 0)

    init(_ settings: KafkaSettings) throws(LogError) {
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, settings.producerProperties) { configuration in
            rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        }
        events = QueueHandle(handle, rd_kafka_queue_get_main(handle.pointer))
        timeoutMilliseconds = settings.appendTimeoutMilliseconds
        let thread = Thread { [self] in
            nameThread("kafka-producer")
            drain()
        }
        thread.start()
    }

    /// True once the idempotent producer cannot go on, as when brokers have forgotten it: it refuses every record from then on
    /// (`rd_kafka_fatal_error`).
    var hasFailed: Bool { rd_kafka_fatal_error(handle.pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR }

    /// Appends; `completion` is called once, when every record is acknowledged or given up.
    func append(_ batch: AppendBatch, names: [Topic: String], completion: @escaping @Sendable ([AppendOutcome]) -> Void) {
        let ticket = AppendTicket(recordCount: batch.records.count, completion: completion)
        let doneCount = produce(batch, names, from: 0, ticket)
        if doneCount < batch.records.count { wait(batch, names, from: doneCount, ticket) }
    }

    /// Answers when every record is out, at the latest after the append timeout; then the drain thread ends.
    func stop() {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        let limit = Int32(clamping: timeoutMilliseconds + 1000)
        if rd_kafka_flush(handle.pointer, limit) != RD_KAFKA_RESP_ERR_NO_ERROR {
            rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        }
        isStopping.store(true, ordering: .releasing)
        hasStopped.wait()
        topics.withLockedValue { $0 = [:] }
    }

    /// Hands records to librdkafka until its queue is full; answers the index of the first that did not fit.
    private func produce(_ batch: AppendBatch, _ names: [Topic: String], from first: Int, _ ticket: AppendTicket) -> Int {
        producingCount.add(1, ordering: .sequentiallyConsistent)
        defer { producingCount.subtract(1, ordering: .sequentiallyConsistent) }
        if isClosed.load(ordering: .sequentiallyConsistent) {
            let left = (first..<batch.records.count).map { Int32($0) }
            ticket.fail(left, LogError(.unavailable, "this producer is being closed; append again"))
            return batch.records.count
        }
        return batch.bytes.withUnsafeBytes { bytes in
            for index in first..<batch.records.count {
                let record = batch.records[index]
                guard let name = names[record.topic] else {
                    ticket.fail([Int32(index)], LogError(.mismatch, "the topic \(record.topic.name) is not open; open it first"))
                    continue
                }
                let error = produce(record, bytes, topic(name), KafkaDelivery(ticket: ticket, index: index, topic: record.topic))
                if error == RD_KAFKA_RESP_ERR__QUEUE_FULL { return index }
                if error != RD_KAFKA_RESP_ERR_NO_ERROR {
                    ticket.fail([Int32(index)], LogError(kafka: error, doing: "appending to \(name)"))
                }
            }
            return batch.records.count
        }
    }

    private func produce(
        _ record: AppendBatch.Record, _ bytes: UnsafeRawBufferPointer, _ topic: TopicHandle, _ delivery: KafkaDelivery
    ) -> rd_kafka_resp_err_t {
        let opaque = Unmanaged.passRetained(delivery).toOpaque()
        let value = UnsafeRawBufferPointer(rebasing: bytes[record.value.range])
        let key = UnsafeRawBufferPointer(rebasing: bytes[record.key.range])
        // An empty key is a key, not null: its partition is murmur2's, not random.
        let keyAddress = key.baseAddress ?? UnsafeRawPointer(opaque)
        let result = rd_kafka_produce(
            topic.pointer, record.partition ?? RD_KAFKA_PARTITION_UA, Int32(RD_KAFKA_MSG_F_COPY),
            UnsafeMutableRawPointer(mutating: value.baseAddress),
            value.count, keyAddress, key.count, opaque)
        guard result != 0 else { return RD_KAFKA_RESP_ERR_NO_ERROR }
        Unmanaged<KafkaDelivery>.fromOpaque(opaque).release()
        return rd_kafka_last_error()
    }

    /// Tries again on a thread of its own until there is room or the append timeout is over.
    private func wait(_ batch: AppendBatch, _ names: [Topic: String], from first: Int, _ ticket: AppendTicket) {
        guard waitingCount.add(1, ordering: .relaxed).newValue <= KafkaProducer.waitingCountMax else {
            waitingCount.subtract(1, ordering: .relaxed)
            giveUp(batch, from: first, ticket)
            return
        }
        let deadline = steadyClockMilliseconds() + Int64(timeoutMilliseconds)
        overflow.start { [self] in
            defer { waitingCount.subtract(1, ordering: .relaxed) }
            var doneCount = first
            while doneCount < batch.records.count, steadyClockMilliseconds() < deadline {
                doneCount = produce(batch, names, from: doneCount, ticket)
                if doneCount < batch.records.count { pause(milliseconds: 5) }
            }
            giveUp(batch, from: doneCount, ticket)
        }
    }

    private func giveUp(_ batch: AppendBatch, from first: Int, _ ticket: AppendTicket) {
        let left = (first..<batch.records.count).map { Int32($0) }
        ticket.fail(left, LogError(.unavailable, "the queue to Kafka is full (brokers slow or away); try again later"))
    }

    private func topic(_ name: String) -> TopicHandle {
        topics.withLockedValue { topics in
            if let known = topics[name] { return known }
            let made = TopicHandle(handle, name: name)
            topics[name] = made
            return made
        }
    }

    private func drain() {
        while !isStopping.load(ordering: .acquiring) || producingCount.load(ordering: .sequentiallyConsistent) > 0
            || rd_kafka_outq_len(handle.pointer) > 0
        {
            guard let event = rd_kafka_queue_poll(events.pointer, 100) else { continue }
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR {
                while let message = rd_kafka_event_message_next(event) { KafkaDelivery.report(message.pointee) }
            }
            // Other errors are told by what they do to records: a report with the reason.
            rd_kafka_event_destroy(event)
        }
        hasStopped.signal()
    }
}
