import ArgumentParser
import Service

/// `recs bench freshness`.
struct BenchFreshness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freshness",
        abstract: "How soon a play shows in the viewer's home page, at half load.",
        discussion: """
            First the service is given all it takes, then half of that while plays of new viewers are posted and their pages asked for again
            and again.

            Examples:
              recs bench freshness
              recs bench freshness --probes 1000 --runs 1 --json
            """)

    @Option(help: "Plays to wait for in a run.")
    var probes = 400

    @Option(help: "Runs, of which the median counts.")
    var runs = 5

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard probes > 0, runs > 0 else { throw ValidationError("--probes and --runs are at least 1") }
    }

    func run() async throws {
        var bench = FreshnessBench()
        bench.probeCount = probes
        bench.runCount = runs
        bench.seed = seed
        try await printing.show { try await bench.run(progress: $0) }
    }
}

/// `recs bench signals`.
struct BenchSignals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "How soon a player hears of its draining buffer, at half load, beside a bare echo.",
        discussion: """
            First the service is given all it takes, then half of that while players post samples of a draining buffer and listen.

            Examples:
              recs bench signals
              recs bench signals --sessions 1000 --runs 1 --svg signals.svg
            """)

    @Option(help: "Sessions that drain in a run.")
    var sessions = 200

    @Option(help: "Runs, of which the median counts.")
    var runs = 5

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard sessions > 0, runs > 0 else { throw ValidationError("--sessions and --runs are at least 1") }
    }

    func run() async throws {
        var bench = SignalBench()
        bench.sessionCount = sessions
        bench.runCount = runs
        bench.seed = seed
        try await printing.show { try await bench.run(progress: $0) }
    }
}

/// The yardstick's server; `recs bench signals` starts it.
struct BenchEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "echo", abstract: "Echo posts to event streams.", shouldDisplay: false)

    func run() async throws {
        try await EchoServer.run { note("listens on http://127.0.0.1:\($0) ") }
    }
}
