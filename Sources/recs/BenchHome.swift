import ArgumentParser
import Service

struct BenchHome: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "home",
        abstract: "Home pages over HTTP, beside the same server answering a fixed body.",
        discussion: """
            The server is a process of its own; the load comes from this one.

            Example:
              recs bench home --runs 5 --seconds 10 --json
            """)

    @Option(help: "Titles in the catalogue.")
    var titles = 10_000

    @Option(help: "Viewers, each of whom comes at least once.")
    var users = 100_000

    @Option(help: "Events that warm them up.")
    var events = 3_000_000

    @Option(help: "Connections.")
    var connections = 64

    @Option(help: "Seconds of load of a run.")
    var seconds = 10.0

    @Option(help: "Runs, of which the median counts.")
    var runs = 3

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard runs > 0, seconds > 0 else { throw ValidationError("--runs is at least 1, --seconds more than 0") }
    }

    func run() async throws {
        var bench = HomeBench()
        bench.titleCount = titles
        bench.userCount = users
        bench.eventCount = events
        bench.connectionCount = connections
        bench.seconds = seconds
        bench.runCount = runs
        bench.seed = seed
        try await printing.show { try await bench.run(progress: $0) }
    }
}

/// The yardstick's server; `recs bench home` starts it.
struct BenchFixed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "fixed", abstract: "Answer with a fixed body.", shouldDisplay: false)

    @Option(help: "Bytes of the body.")
    var bytes = 10_000

    func run() async throws {
        try await FixedServer.run(byteCount: bytes) { note("listens on http://127.0.0.1:\($0) ") }
    }
}
