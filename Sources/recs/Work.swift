import ArgumentParser
import Events
import Service

/// `recs work`: jobs in a process of their own.
struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the jobs of some topics, without the API.",
        discussion: """
            On Kafka, several processes with the same topic share its partitions. The port given serves /healthz, /readyz and /metrics.

            Example:
              recs work --topic play_events --topic impression_events --log kafka://127.0.0.1:9092 --redis redis://127.0.0.1:6379 --port 9101
            """)

    @OptionGroup var options: ServiceOptions

    @Option(help: "A topic whose job runs here; may be given several times.")
    var topic: [String] = []

    func run() async throws {
        let known = Topic.allCases.filter(\.hasJob)
        let topics = try topic.map { name in
            guard let found = known.first(where: { $0.name == name || $0.key == name }) else {
                throw ValidationError("there is no topic `\(name)` with a job; topics: \(known.map(\.name).joined(separator: ", "))")
            }
            return found
        }
        guard !topics.isEmpty else {
            throw ValidationError("name at least one topic with --topic; topics: \(known.map(\.name).joined(separator: ", "))")
        }
        try await options.run(.worker(topics))
    }
}
