import ArgumentParser
import Service

/// `recs bench capture`.
struct BenchCapture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "POST /v1/events to the embedded log and to Kafka, beside a plain Hummingbird answering an empty 202.",
        discussion: """
            Servers and broker are processes of their own; the load comes from this one. A 202 of ours means: durably in the log. At the end the
            logs are read: each event must be there once.

            Examples:
              recs bench capture
              recs bench capture --log embedded --events 1000000 --json
            """)

    @Option(help: "Events of a run that go in NDJSON batches.")
    var events = 250_000

    @Option(help: "Events a batch.")
    var batch = 500

    @Option(help: "Requests of a run with one event each, over either number of connections.")
    var requests = 15_000

    @Option(help: "Runs, of which the median counts.")
    var runs = 5

    @Option(help: "Connections; single posts are measured over four times as many besides, as devices send them.")
    var connections = 64

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "embedded, kafka (a mock cluster) or both.")
    var log = "both"

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard [events, batch, requests, runs, connections].allSatisfy({ $0 > 0 }) else { throw ValidationError("numbers are at least 1") }
        guard log == "both" || CaptureBench.Log(rawValue: log) != nil else { throw ValidationError("--log is embedded, kafka or both") }
    }

    func run() async throws {
        var bench = CaptureBench()
        bench.batchedEventCount = events
        bench.batchSize = batch
        bench.singleRequestCount = requests
        bench.runCount = runs
        bench.connectionCount = connections
        bench.seed = seed
        if let log = CaptureBench.Log(rawValue: log) { bench.logs = [log] }
        try await printing.show { try await bench.run(progress: $0) }
    }
}
