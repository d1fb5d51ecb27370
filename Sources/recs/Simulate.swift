import ArgumentParser
import Catalog
import Experiments
import Features
import Foundation
import Service

/// `recs simulate`: believable viewers on the service's own catalogue.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Feed simulated viewers: tastes, sessions, searches, retries, late events, planted effects.",
        discussion: """
            The same seed gives the same viewers. Prints how many events were accepted and refused.

            Examples:
              recs simulate --users 2000 --events 60000 --seed 7
              recs simulate --url http://127.0.0.1:8080 --users 100 --events 5000 --seed 1 --rate 500 --truth truth.json
            """)

    @OptionGroup var client: ClientOptions

    @Option(help: "Viewers.")
    var users = 1000

    @Option(help: "Events, repetitions included.")
    var events = 50_000

    @Option(help: "Seed.")
    var seed: UInt64 = 1

    @Option(help: "Events a second; default: as fast as they are taken.")
    var rate: Double?

    @Option(help: "Days of viewing, ending now.")
    var days = 7

    @Option(help: "Write what was planted to this file, as JSON.")
    var truth: String?

    @Flag(help: "Print the counts as JSON.")
    var json = false

    func validate() throws {
        guard users > 0, events > 0, days > 0, rate ?? 1 > 0 else {
            throw ValidationError("--users, --events, --days and --rate must be greater than 0")
        }
    }

    func run() async throws {
        let catalog = try CatalogDocument.parse(try await client.get("/v1/catalog", doing: "reading the catalogue")).catalog(version: 1)
        guard !catalog.titles.isEmpty else {
            throw ResourceError(description: "the service's catalogue is empty; import one: recs catalog import FILE")
        }
        let tests = try await tests()
        var settings = SimulationSettings(
            userCount: users, eventCount: events, seed: seed, endTime: Int64(Date().timeIntervalSince1970 * 1000))
        settings.days = days
        settings.tests = tests.map { PlantedTest(test: $0) }
        var simulator = ViewerSimulator(catalog: catalog, settings: settings) { user, index in
            assign(user: user, test: tests[index])?.variant
        }
        let progress = Progress()
        let started = Date()
        let total = events
        let counts = try await client.with { client in
            try await EventPoster(client: client, eventsPerSecondMax: rate).post { counts in
                let sent = counts.accepted + counts.refused
                let perSecond = Double(sent) / max(Date().timeIntervalSince(started), 0.001)
                progress.show("\(sent) of \(total) events, \(Int(perSecond))/s")
            } next: { countMax, bytes in
                simulator.next(countMax, into: &bytes)
            }
        }
        progress.end()
        if let truth {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys]
            try encoder.encode(simulator.truth).write(to: URL(fileURLWithPath: truth))
        }
        report(counts, seconds: Date().timeIntervalSince(started))
        if counts.refused > 0 { throw ExitCode(1) }
    }

    private func report(_ counts: EventPoster.Counts, seconds: Double) {
        if json {
            output(
                "{\"accepted\":\(counts.accepted),\"refused\":\(counts.refused),\"retries\":\(counts.retries),\"seconds\":\(fixed(seconds, 3))}"
            )
        } else {
            output("accepted \(counts.accepted), refused \(counts.refused) in \(fixed(seconds, 1)) s")
        }
        if let refusal = counts.firstRefusal { note("first refusal: \(refusal)") }
    }

    /// The tests that the service runs, whose effects are planted.
    private func tests() async throws -> [ThumbnailTest] {
        let data = try await client.get("/v1/experiments", doing: "reading the tests")
        return try Answers.decode(Answers.Experiments.self, data).experiments.map { test in
            ThumbnailTest(
                id: TestID(test.testId), title: TitleID(test.titleId),
                variants: test.variants.map { .init(id: VariantID($0.variantId), artwork: ArtworkID($0.artworkId), weight: $0.weight) },
                coverage: test.coverage)
        }
    }
}
