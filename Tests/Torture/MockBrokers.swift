import EventLog
import Events
import TestSupport

/// Librdkafka's mock cluster of three brokers in the harness itself: it answers with errors, late, or not at all.
actor MockBrokers: Brokers {
    private static let brokerCount: Int32 = 3

    nonisolated let bootstrap: String
    private let cluster: MockKafkaCluster
    private var random: SplitMix64

    init(seed: UInt64) throws {
        cluster = try MockKafkaCluster(brokerCount: Int(MockBrokers.brokerCount))
        bootstrap = cluster.bootstrap
        random = SplitMix64(seed: seed)
    }

    /// It knows no admin requests: topics are made here.
    func start() async throws {
        for topic in Topic.allCases { try cluster.createTopic(topic.name, partitions: RawLog.partitionCount) }
        try cluster.createTopic(KafkaLog.generationsTopic, partitions: 1)
    }

    func keepsTheDead(isSure: Bool) -> Bool { false }

    func stop() async throws {}

    func disturb(_ kind: Disturbance) async throws {
        let broker = Int32.random(in: 1...MockBrokers.brokerCount, using: &random)
        switch kind {
        case .brokerErrors: injectErrors()
        case .brokerDelay:
            cluster.setDelay(broker: broker, milliseconds: Int.random(in: 50...1500, using: &random))
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...3000, using: &random)))
            cluster.setDelay(broker: broker, milliseconds: 0)
        case .brokerDown:
            cluster.setDown(broker: broker)
            try await Task.sleep(for: .milliseconds(Int.random(in: 200...4000, using: &random)))
            cluster.setUp(broker: broker)
        case .leaderMove:
            let topics = Topic.allCases
            cluster.setLeader(
                topic: topics[Int.random(in: 0..<topics.count, using: &random)].name,
                partition: Int32.random(in: 0..<Int32(RawLog.partitionCount), using: &random), broker: broker)
        default: preconditionFailure("\(kind.rawValue) does not happen to the mock cluster")
        }
    }

    /// The next requests of some kind are answered by errors.
    private func injectErrors() {
        let connection: [MockKafkaCluster.Fault] = [.disconnect, .requestTimedOut]
        let kinds: [(api: MockKafkaCluster.API, faults: [MockKafkaCluster.Fault])] = [
            (.produce, connection + [.notLeader, .notEnoughReplicas, .notEnoughReplicasAfterAppend]),
            (.produce, [.outOfOrderSequenceNumber]),
            (.fetch, connection + [.notLeader]), (.metadata, [.disconnect]), (.findCoordinator, connection), (.initProducerID, connection),
            (.heartbeat, connection), (.joinGroup, connection),
        ]
        let (api, faults) = kinds[Int.random(in: 0..<kinds.count, using: &random)]
        let count = Int.random(in: 1...6, using: &random)
        cluster.pushErrors(api: api, errors: (0..<count).map { _ in faults[Int.random(in: 0..<faults.count, using: &random)] })
    }
}
