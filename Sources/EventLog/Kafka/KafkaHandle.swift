internal import CRdKafka
internal import Foundation
import Synchronization

/// Owns one librdkafka client.
///
/// Unchecked because librdkafka's functions may be called from any thread; the pointer itself never changes.
final class KafkaHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let isAbandoned = Atomic<Bool>(false)
    private let isKept = Atomic<Bool>(false)

    /// - Parameters:
    ///   - properties: librdkafka settings.
    ///   - configure: sets what no text can (events, callbacks) before the client is made.
    init(_ kind: rd_kafka_type_t, _ properties: [String: String], configure: (OpaquePointer) -> Void = { _ in }) throws(LogError) {
        let configuration = try KafkaHandle.makeConfiguration(properties)
        configure(configuration)
        var text = [CChar](repeating: 0, count: 512)
        // On success the client owns the configuration.
        guard let pointer = rd_kafka_new(kind, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            throw LogError(.invalid, "the Kafka settings do not fit together: \(KafkaHandle.string(text))")
        }
        self.pointer = pointer
    }

    deinit {
        if isKept.load(ordering: .acquiring) { return }
        guard isAbandoned.load(ordering: .acquiring) else { return rd_kafka_destroy(pointer) }
        let address = Int(bitPattern: pointer)
        let thread = Thread { rd_kafka_destroy_flags(OpaquePointer(bitPattern: address), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
        thread.name = "kafka farewell"
        thread.start()
    }

    /// Closes a consumer, giving back its partitions on this thread; answers whether it was done in time.
    func closeConsumer(withinMilliseconds limit: Int64) -> Bool {
        guard let queue = rd_kafka_queue_new(pointer) else { return false }
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(pointer, queue) {
            rd_kafka_error_destroy(error)
            return rd_kafka_consumer_closed(pointer) == 1
        }
        let deadline = steadyClockMilliseconds() + limit
        while rd_kafka_consumer_closed(pointer) == 0 {
            if steadyClockMilliseconds() >= deadline { return false }
            guard let event = rd_kafka_queue_poll(queue, 20) else { continue }
            // On a queue of ours a change of assignment comes as an event, never by the callback.
            if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE { _ = rd_kafka_assign(pointer, nil) }
            rd_kafka_event_destroy(event)
        }
        return true
    }

    /// The client is destroyed on a thread of its own, without callbacks and however long it takes, once nobody holds it.
    func abandon() { isAbandoned.store(true, ordering: .releasing) }

    /// The client stays in memory until the process ends.
    func keep() { isKept.store(true, ordering: .releasing) }

    static var libraryVersion: String { String(cString: rd_kafka_version_str()) }

    /// Librdkafka's text of an error code.
    static func text(_ code: rd_kafka_resp_err_t) -> String { String(cString: rd_kafka_err2str(code)) }

    static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Settings as librdkafka wants them; whoever gets them gives them to a client or destroys them.
    private static func makeConfiguration(_ properties: [String: String]) throws(LogError) -> OpaquePointer {
        guard let configuration = rd_kafka_conf_new() else { throw LogError(.unavailable, "out of memory for the Kafka settings") }
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            guard rd_kafka_conf_set(configuration, name, value, &text, text.count) == RD_KAFKA_CONF_OK else {
                rd_kafka_conf_destroy(configuration)
                throw LogError(.invalid, refusal(of: name, because: string(text)))
            }
        }
        return configuration
    }

    /// What librdkafka says against a setting of that name and value; nil where it takes it.
    static func fault(of name: String, _ value: String) -> String? {
        do throws(LogError) {
            rd_kafka_conf_destroy(try makeConfiguration([name: value]))
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func refusal(of name: String, because text: String) -> String {
        let version = libraryVersion
        let security = ["ssl.", "sasl.", "security.", "enable.ssl", "https."]
        guard security.contains(where: name.hasPrefix) else { return "Kafka setting \(name): \(text) (librdkafka \(version))" }
        return "Kafka setting \(name): \(text). The librdkafka \(version) linked here cannot do this; nothing is sent unprotected instead. "
            + "Use a librdkafka built with it, or another security setting"
    }
}

extension LogError {
    /// The log's error for a librdkafka code met while `doing` something.
    init(kafka code: rd_kafka_resp_err_t, doing: String) {
        let text = KafkaHandle.text(code)
        switch code {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            self.init(.tooLarge, "\(doing): \(text)")
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            self.init(.mismatch, "\(doing): \(text); was the topic deleted?")
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            self.init(.mismatch, "\(doing): the offset is not on the log (\(text)); rebuild by replay")
        case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
            self.init(.full, "\(doing): \(text)")
        case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, RD_KAFKA_RESP_ERR_INVALID_CONFIG,
            RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, RD_KAFKA_RESP_ERR_POLICY_VIOLATION, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
            self.init(.invalid, "\(doing): \(text)")
        default:
            self.init(.unavailable, "\(doing): \(text); try again later")
        }
    }
}
