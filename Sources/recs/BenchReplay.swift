import ArgumentParser
import Logging
import Service

/// `recs bench replay`.
struct BenchReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "The features of a log built anew from its archive, beside the live stream over the same events.",
        discussion: """
            Runs a log, an archive and a Redis of its own: fills the log, lets jobs and archive jobs take it in, then replays the archive into one
            fresh namespace after another.

            Examples:
              recs bench replay
              recs bench replay --events 4000000 --runs 3 --json
            """)

    @Option(help: "Events.")
    var events = 2_000_000

    @Option(help: "Viewers, each of whom comes at least once.")
    var users = 100_000

    @Option(help: "Titles in the catalogue.")
    var titles = 10_000

    @Option(help: "Replays, of which the median counts.")
    var runs = 5

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard events > 0, users > 0, titles > 0, runs > 0 else {
            throw ValidationError("--events, --users, --titles and --runs are at least 1")
        }
    }

    func run() async throws {
        var bench = ReplayBench()
        bench.eventCount = events
        bench.userCount = users
        bench.titleCount = titles
        bench.runCount = runs
        bench.seed = seed
        try await printing.show { try await bench.run(logger: Bench.quietLogger(), progress: $0) }
    }
}

/// `recs bench growth`.
struct BenchGrowth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "What an event costs and what a viewer takes, from few viewers to many.",
        discussion: """
            Each size has a log and a Redis of its own; the smallest is the yardstick of the others. Two million viewers take some 6 GB of memory
            and 17 GB of disk.

            Examples:
              recs bench growth
              recs bench growth --users 10000,100000 --svg growth.svg
            """)

    @Option(help: "Sizes, separated by commas.")
    var users = "10000,100000,500000,2000000"

    @Option(help: "Events a viewer.")
    var events = 18

    @Option(help: "Titles in the catalogue.")
    var titles = 10_000

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @OptionGroup var printing: BenchOutput

    private var sizes: [Int] { users.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard sizes.count > 1, sizes.count == users.split(separator: ",").count, sizes.allSatisfy({ $0 > 0 }), events > 0, titles > 0 else {
            throw ValidationError("--users is \(users); name two sizes or more, as 10000,100000")
        }
    }

    func run() async throws {
        var bench = GrowthBench()
        bench.userCounts = sizes
        bench.eventsPerUser = events
        bench.titleCount = titles
        bench.seed = seed
        try await printing.show { try await bench.run(logger: Bench.quietLogger(), progress: $0) }
    }
}
