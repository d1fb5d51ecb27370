import ArgumentParser
import Service

/// `recs serve`: API and jobs in one process.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the service: HTTP API, jobs and, where none is named, our own log and Redis.",
        discussion: """
            Examples:
              recs serve --data ./data --port 8080
              recs serve --log kafka://127.0.0.1:9092 --redis redis://127.0.0.1:6379
              recs serve --no-jobs --redis redis://cache:6379 --log kafka://broker:9092   # one of several behind a load balancer
            """)

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Serve the API only; the jobs run elsewhere (recs work).")
    var noJobs = false

    func run() async throws {
        try await options.run(noJobs ? .api : .whole)
    }
}
