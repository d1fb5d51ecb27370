import ArgumentParser
import EventLog
import Foundation
import Logging
import Service

/// `recs bench`: measurements that anyone can repeat.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure, checked and beside yardsticks of the same run.",
        subcommands: [
            BenchCore.self, BenchOperators.self, BenchStream.self, BenchCapture.self, BenchHome.self, BenchFreshness.self,
            BenchSignals.self, BenchReplay.self, BenchGrowth.self, BenchSoak.self, BenchBroker.self, BenchFixed.self, BenchEcho.self,
        ])

    /// Tells what goes wrong, nothing else.
    static func quietLogger() -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "recs")
        logger.logLevel = .warning
        return logger
    }
}

struct BenchStream: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Log → jobs → Redis with simulated traffic of all topics.",
        discussion: """
            Runs a log and a Redis of its own. Broker and Redis are processes of their own, whose CPU is told apart. Redis never rewrites its
            append-only file, so that its bytes and its CPU are those of appending alone. The mock cluster has as many partitions as it needs
            to keep all events.

            Examples:
              recs bench stream
              recs bench stream --log kafka
              recs bench stream --log kafka://127.0.0.1:9092 --runs 1 --json
            """)

    @Option(help: "Events.")
    var events = 2_000_000

    @Option(help: "Viewers, each of whom comes at least once.")
    var users = 100_000

    @Option(help: "Titles in the catalogue.")
    var titles = 10_000

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "embedded, kafka (a mock cluster), or kafka://HOST:PORT (a broker that is empty before each run).")
    var log = "embedded"

    @Option(help: "Runs, of which the median counts.")
    var runs = 5

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard events > 0, users > 0, titles > 0, runs > 0 else {
            throw ValidationError("--events, --users, --titles and --runs are at least 1")
        }
    }

    func run() async throws {
        var bench = StreamBench()
        bench.eventCount = events
        bench.userCount = users
        bench.titleCount = titles
        bench.seed = seed
        bench.log = log
        bench.runCount = runs
        try await printing.show { try await bench.run(logger: Bench.quietLogger(), progress: $0) }
    }
}

/// The mock cluster's process; `recs bench stream --log kafka` starts it.
struct BenchBroker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "broker", abstract: "Serve a mock Kafka cluster.", shouldDisplay: false)

    @Option(help: "Partitions of every topic.")
    var partitions = 4

    func run() async throws {
        let cluster = try MockBroker.serve(partitions: partitions)
        output(cluster.bootstrap)
        // Until who started it closes our input, or ends.
        _ = try FileHandle.standardInput.readToEnd()
        withExtendedLifetime(cluster) {}
    }
}
