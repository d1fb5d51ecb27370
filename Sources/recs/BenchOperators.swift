import ArgumentParser
import Service

/// `recs bench operators`.
struct BenchOperators: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operators",
        abstract: "Decode → operators in memory, without log and store: the core job, and all jobs in the steady state; home pages.",
        discussion: """
            All on one thread. Pages are made from what the jobs have left of the viewers, without Redis and HTTP. With
            Scripts/allocations.c compiled and preloaded it tells heap allocations; under valgrind, with SWIFT_DETERMINISTIC_HASHING=1,
            what more runs cost in instructions hardly varies (Scripts/check does both).

            Examples:
              recs bench operators
              recs bench operators --only jobs --users 10000 --warm-up 1000000
              LD_PRELOAD=./allocations.so recs bench operators --runs 1 --json
            """)

    @Option(help: "Events to measure.")
    var events = 100_000

    @Option(help: "Events before them.")
    var warmUp = 100_000

    @Option(help: "Viewers (of jobs and pages; the core job has its own).")
    var users = 1000

    @Option(help: "Runs, each on fresh state, of which the median counts.")
    var runs = 5

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "core, jobs or pages; all, where it is left out.")
    var only: String?

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard events > 0, warmUp >= 0, users > 0, runs > 0 else {
            throw ValidationError("--events, --users and --runs are at least 1, --warm-up at least 0")
        }
        if let only, OperatorBench.Part(rawValue: only) == nil { throw ValidationError("--only is \(only); use core, jobs or pages") }
    }

    func run() async throws {
        var bench = OperatorBench()
        bench.parts = only.flatMap(OperatorBench.Part.init).map { [$0] } ?? bench.parts
        bench.eventCount = events
        bench.warmUpCount = warmUp
        bench.userCount = users
        bench.runCount = runs
        bench.seed = seed
        try await printing.show { try bench.run(progress: $0) }
    }
}
