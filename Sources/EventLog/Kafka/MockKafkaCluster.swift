internal import CRdKafka

/// Librdkafka's in-process Kafka cluster, for tests and benchmarks: it speaks the protocol on real sockets, and faults can be put into it.
///
/// It knows no admin requests: create topics here. Unchecked because librdkafka locks the cluster itself.
package final class MockKafkaCluster: @unchecked Sendable {
    /// The requests whose answers can be replaced by errors, by Kafka's API keys.
    package enum API: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case metadata = 3
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case initProducerID = 22
    }

    /// Kafka error codes (protocol guide, "Error Codes"), and the connection's own.
    package enum Fault: Int32, Sendable {
        case disconnect = -195
        case notLeader = 6
        case requestTimedOut = 7
        case notEnoughReplicas = 19
        case notEnoughReplicasAfterAppend = 20
        case outOfOrderSequenceNumber = 45
    }

    private let owner: KafkaHandle
    private let cluster: OpaquePointer

    package init(brokerCount: Int = 1) throws(LogError) {
        owner = try KafkaHandle(RD_KAFKA_PRODUCER, ["log_level": "2"])
        guard let cluster = rd_kafka_mock_cluster_new(owner.pointer, Int32(clamping: brokerCount)) else {
            throw LogError(.unavailable, "librdkafka cannot start a mock cluster of \(brokerCount) brokers")
        }
        self.cluster = cluster
    }

    deinit { rd_kafka_mock_cluster_destroy(cluster) }

    /// The addresses to connect to.
    package var bootstrap: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    package func createTopic(_ name: String, partitions: Int, replicas: Int = 1) throws(LogError) {
        let code = rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), Int32(clamping: replicas))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw LogError(kafka: code, doing: "creating \(name) in the mock cluster") }
    }

    /// The next requests of that kind are answered by these faults, one each.
    package func pushErrors(api: API, errors: [Fault]) {
        let codes = errors.map { rd_kafka_resp_err_t(rawValue: $0.rawValue) }
        rd_kafka_mock_push_request_errors_array(cluster, api.rawValue, codes.count, codes)
    }

    /// Disconnects all clients of a broker and refuses new connections.
    package func setDown(broker: Int32) { rd_kafka_mock_broker_set_down(cluster, broker) }

    package func setUp(broker: Int32) { rd_kafka_mock_broker_set_up(cluster, broker) }

    /// Delays every answer of a broker.
    package func setDelay(broker: Int32, milliseconds: Int) { rd_kafka_mock_broker_set_rtt(cluster, broker, Int32(clamping: milliseconds)) }

    /// Moves a partition to another broker.
    package func setLeader(topic: String, partition: Int32, broker: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker)
    }
}
