import TestSupport

/// The Kafka-protocol broker that all tests of this run share; topics are kept apart by prefixes.
enum Broker {
    static let shared = SharedBroker()
}

/// Starts the shared broker at its first use.
actor SharedBroker {
    private var broker: KafkaBroker?

    func get() throws -> KafkaBroker {
        if let broker { return broker }
        let started = try KafkaBroker()
        guard eventually({ started.isListening }) else {
            throw SetupFailure(description: "noida-db did not open port \(started.port)")
        }
        broker = started
        return started
    }
}

/// A part that tests need is missing or does not start; says how to get it.
struct SetupFailure: Error, CustomStringConvertible {
    var description: String
}
