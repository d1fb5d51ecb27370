/// How to reach a Kafka cluster and how topics are made there.
package struct KafkaSettings: Sendable {
    /// `host:port`, several separated by commas.
    package var bootstrap: String
    /// Copies of each partition of the topics that we create; from 2 on an append waits for at least two (`min.insync.replicas`).
    package var replicationFactor: Int
    /// librdkafka's `partition.assignment.strategy`: `cooperative-sticky`, `range` or `roundrobin`; the same in all members of a group.
    package var assignmentStrategy: String
    /// Stands before the names of topics and consumer groups, so that several services share a cluster.
    package var topicPrefix = ""
    /// After this time an append that no broker acknowledged fails as `.unavailable`; other requests wait as long.
    package var appendTimeoutMilliseconds = 5000
    /// Topic settings (`retention.ms`, …) for topics that we create, over ours.
    package var topicConfiguration: [String: String] = [:]
    /// librdkafka settings (TLS, SASL, tuning) for every client, over ours.
    package var extra: [String: String]

    package init(
        bootstrap: String, replicationFactor: Int = 1, assignmentStrategy: String = "cooperative-sticky", extra: [String: String] = [:]
    ) {
        self.bootstrap = bootstrap
        self.replicationFactor = replicationFactor
        self.assignmentStrategy = assignmentStrategy
        self.extra = extra
    }

    /// What librdkafka says against a setting (`extra`) of that name and value; nil where it takes it.
    package static func fault(of name: String, _ value: String) -> String? { KafkaHandle.fault(of: name, value) }

    /// The settings of every client; `own` are the client's, `extra` wins over both.
    func properties(_ own: [String: String]) -> [String: String] {
        let common = [
            "bootstrap.servers": bootstrap, "client.id": "recs", "socket.keepalive.enable": "true", "socket.nagle.disable": "true",
            "reconnect.backoff.ms": "50", "reconnect.backoff.max.ms": "1000", "topic.metadata.refresh.fast.interval.ms": "100",
            "log_level": "3",
        ]
        return common.merging(own) { $1 }.merging(extra) { $1 }
    }

    /// The producer's settings: nothing is acknowledged before all in-sync replicas have it, nothing is doubled by our own retries. A batch
    /// goes compressed: brokers keep and copy less than half the bytes, for 4 % (posts of 500) to 8 % (single posts) of capture's CPU time.
    var producerProperties: [String: String] {
        properties([
            "enable.idempotence": "true", "acks": "all", "partitioner": "murmur2_random", "linger.ms": "2", "compression.type": "lz4",
            "retry.backoff.ms": "50", "message.timeout.ms": "\(appendTimeoutMilliseconds)", "queue.buffering.max.messages": "500000",
            "queue.buffering.max.kbytes": "65536",
        ])
    }

    /// A consumer's settings; offsets outside the log are an error, never a silent jump. Some brokers answer a fetch with more than was asked
    /// for, so a large answer is taken.
    func consumerProperties(group: String) -> [String: String] {
        properties([
            "group.id": group, "partition.assignment.strategy": assignmentStrategy, "enable.auto.commit": "false",
            "enable.auto.offset.store": "false", "enable.partition.eof": "true", "auto.offset.reset": "error",
            "fetch.wait.max.ms": "100", "fetch.error.backoff.ms": "100",
            "queued.max.messages.kbytes": "32768", "receive.message.max.bytes": "1000000000",
        ])
    }
}
