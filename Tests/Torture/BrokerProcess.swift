import TestSupport

/// The run's own broker, which is ended and started again with its data.
///
/// The broker of the tests (noida-db 0.2.3) loses records that it has acknowledged when it is ended under load, even in order; idle, it
/// keeps them. And Kafka expels members that do not answer after their session timeout, but this one keeps them: once another joins, a group
/// with one of them never gets its partitions, until a start of the broker makes it ask anew who is there.
actor BrokerProcess: Brokers {
    private let port = freePort()
    private var broker: KafkaBroker?
    private var startedAt = ContinuousClock.now

    nonisolated var bootstrap: String { "127.0.0.1:\(port)" }

    func start() async throws { try await start(folder: nil) }

    private func start(folder: TemporaryFolder?) async throws {
        let broker = try KafkaBroker(port: port, folder: folder)
        self.broker = broker
        startedAt = .now
        guard await comesTrue({ broker.isListening || !broker.isRunning }), broker.isRunning else {
            throw TortureError("the broker does not open port \(port)")
        }
    }

    func disturb(_ kind: Disturbance) async throws {
        precondition(kind == .brokerRestart, "\(kind.rawValue) is of the mock cluster")
        guard let broker else { return }
        let folder = try await onOwnThread { broker.stop() }
        // What it started may still be on its way out, with the port in hand.
        guard await comesTrue({ !broker.isListening }) else { throw TortureError("the broker keeps port \(port)") }
        try await start(folder: folder)
    }

    /// After a start members take some seconds to join.
    func keepsTheDead(isSure: Bool) -> Bool { ContinuousClock.now - startedAt > .seconds(isSure ? 12 : 60) }

    func stop() async throws {
        guard let broker else { return }
        _ = try await onOwnThread { broker.stop() }
    }
}
