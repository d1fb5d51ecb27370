package import EventLog
import Events
import Foundation

/// librdkafka's mock cluster in a process of its own (`recs bench broker`), so that its CPU is not taken for ours.
final class BrokerChild {
    private let process = Process()
    private let input = Pipe()
    let bootstrap: String
    var pid: Int32 { process.processIdentifier }

    /// - Parameter partitionCount: of every topic; the mock cluster keeps 5 MB of each.
    init(partitionCount: Int = 4) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["bench", "broker", "--partitions", "\(partitionCount)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        // The child ends where this pipe does, so that it outlives nobody.
        process.standardInput = input
        try process.run()
        let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        guard let address = line.split(separator: "\n").first, address.contains(":") else {
            process.terminate()
            throw LogError(.unavailable, "the mock cluster's process did not tell its address: \(line)")
        }
        bootstrap = String(address)
    }

    deinit { process.terminate() }
}

/// The other side of `BrokerChild`.
package enum MockBroker {
    /// Serves a mock cluster with our topics until the process is stopped; prints its address first.
    package static func serve(partitions: Int) throws -> MockKafkaCluster {
        let cluster = try MockKafkaCluster()
        for topic in Topic.allCases { try cluster.createTopic(topic.name, partitions: partitions) }
        // The mock cluster knows no admin requests: where generations are kept has to be there as well.
        try cluster.createTopic(KafkaLog.generationsTopic, partitions: 1)
        return cluster
    }
}
