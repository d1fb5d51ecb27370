import ArgumentParser
import Service

/// `recs bench core`.
struct BenchCore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "core",
        abstract: "Kafka → Avro → filter → enrich → exact dedupe → plays per viewer, genre and hour → file.",
        discussion: """
            The events are written to the topic before the clock starts; the broker is a process of its own, whose CPU is told apart. The file
            of each run is compared with that of a naive version of the same job.

            Examples:
              recs bench core
              recs bench core --events 4000000 --svg core.svg
              recs bench core --log kafka://127.0.0.1:9092 --json
            """)

    @Option(help: "Events, repeats included.")
    var events = 1_000_000

    @Option(help: "Runs, of which the median counts.")
    var runs = 5

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "kafka (a mock cluster), or kafka://HOST:PORT (an empty broker).")
    var log = "kafka"

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard events > 0, runs > 0 else { throw ValidationError("--events and --runs are at least 1") }
        guard log == "kafka" || log.hasPrefix("kafka://") else { throw ValidationError("--log is kafka or kafka://HOST:PORT") }
    }

    func run() async throws {
        var bench = CoreBench()
        bench.eventCount = events
        bench.runCount = runs
        bench.seed = seed
        bench.log = log
        try await printing.show { try await bench.run(progress: $0) }
    }
}
