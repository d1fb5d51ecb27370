internal import CRdKafka

/// The changes of assignment that librdkafka announced and the consumer has not yet told. Used on the consumer's thread alone: librdkafka calls
/// back from within its poll.
final class KafkaRebalances {
    struct Change {
        var isAssignment: Bool
        var partitions: [Int32]

        static func assigned(_ partitions: [Int32]) -> Change { Change(isAssignment: true, partitions: partitions) }
    }

    var pending: [Change] = []
    /// True once partitions were given to us.
    private(set) var hasAssigned = false

    fileprivate func append(_ change: Change) {
        pending.append(change)
        if change.isAssignment { hasAssigned = true }
    }

    func takeFirst() -> Change? { pending.isEmpty ? nil : pending.removeFirst() }

    /// Carries a change out by the group's protocol; answers the text of an error.
    static func carryOut(
        _ client: OpaquePointer?, isAssignment: Bool, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) -> String? {
        if String(cString: rd_kafka_rebalance_protocol(client)) == "COOPERATIVE" {
            let error = isAssignment ? rd_kafka_incremental_assign(client, list) : rd_kafka_incremental_unassign(client, list)
            guard let error else { return nil }
            defer { rd_kafka_error_destroy(error) }
            return String(cString: rd_kafka_error_string(error))
        }
        let code = rd_kafka_assign(client, isAssignment ? list : nil)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaHandle.text(code)
    }
}

/// librdkafka's rebalance callback: buffers the change; the consumer's poll tells it and the next poll carries it out.
func bufferRebalance(
    client: OpaquePointer?, code: rd_kafka_resp_err_t, list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
    context: UnsafeMutableRawPointer?
) {
    guard let context, let list else { return }
    let rebalances = Unmanaged<KafkaRebalances>.fromOpaque(context).takeUnretainedValue()
    let isAssignment = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
    let elements = UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    rebalances.append(KafkaRebalances.Change(isAssignment: isAssignment, partitions: elements.map(\.partition)))
}
