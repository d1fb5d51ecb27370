import ArgumentParser
import Service

/// `recs bench soak`.
struct BenchSoak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "More events than the service takes, a slow Redis, a stalled log: memory, shedding, lag; nothing may be lost.",
        discussion: """
            Runs a service and a Redis of its own. Clients post as fast as they are let and send again what is shed; for a quarter of the time
            Redis stands still for most of each half second, for a fifth the log takes nothing for 5 s at a time. Then all lag must be worked
            off, and `recs verify` compares every feature with the log. Exit code 1 where an event is missing or there twice, where memory goes
            beyond its bound, or where nothing was shed.

            Examples:
              recs bench soak
              recs bench soak --minutes 10 --svg soak.svg --json
            """)

    @Option(help: "How long the flood lasts; working off and verifying come after it.")
    var minutes = 1.0

    @Option(help: "Posts under way at a time.")
    var connections = 512

    @Option(help: "Events a post.")
    var batch = 1500

    @Option(help: "Viewers.")
    var users = 5000

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "What the service may hold in memory, MB.")
    var residentMax = 1024

    @OptionGroup var printing: BenchOutput

    func validate() throws {
        guard minutes > 0, connections > 0, batch > 0, users > 0, residentMax > 0 else {
            throw ValidationError("--minutes, --connections, --batch, --users and --resident-max are more than 0")
        }
    }

    func run() async throws {
        var bench = SoakBench()
        bench.floodSeconds = minutes * 60
        bench.connectionCount = connections
        bench.eventCountPerBody = batch
        bench.userCount = users
        bench.seed = seed
        bench.residentBytesMax = Int64(residentMax) << 20
        try await printing.show { try await bench.run(progress: $0) }
    }
}
