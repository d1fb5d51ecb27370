import ArgumentParser
import Foundation
import Service

/// `recs experiments`: thumbnail tests.
struct Experiments: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List thumbnail tests and report on them.", subcommands: [ExperimentsList.self, ExperimentsReport.self])
}

struct ExperimentsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tests of the configuration.",
        discussion: """
            Example:
              recs experiments list --json
            """)

    @OptionGroup var client: ClientOptions

    @Flag(help: "Print the API's answer.")
    var json = false

    func run() async throws {
        let data = try await client.get("/v1/experiments", doing: "listing tests")
        if json { return output(String(decoding: data, as: UTF8.self)) }
        var table = Table(["TEST", "title", "coverage", "variants"])
        let tests = try Answers.decode(Answers.Experiments.self, data).experiments
        for test in tests {
            let variants = test.variants.map { "\($0.variantId)=\($0.artworkId) (\(fixed($0.weight * 100, 0)) %)" }
            table.add([test.testId, test.titleId, fixed(test.coverage, 2), variants.joined(separator: ", ")])
        }
        output(table.text)
        for test in tests { if let problem = test.problem { note("\(test.testId): \(problem)") } }
    }
}

struct ExperimentsReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report on a test: SRM verdict, rates, lift, P(best).",
        discussion: """
            Examples:
              recs experiments report sintel-artwork
              recs experiments report sintel-artwork --svg report.svg
            """)

    @Argument(help: "The test's id.")
    var test: String

    @OptionGroup var client: ClientOptions

    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(help: "Write the picture to this file.")
    var svg: String?

    func run() async throws {
        let path = "/v1/experiments/\(RecsClient.encoded(test))/report"
        if let svg {
            let data = try await client.get(path, query: [("format", "svg")], doing: "drawing the report of \(test)")
            try data.write(to: URL(fileURLWithPath: svg))
            note("wrote \(svg)")
        }
        let format = json ? "json" : "text"
        output(
            String(decoding: try await client.get(path, query: [("format", format)], doing: "reading the report of \(test)"), as: UTF8.self)
        )
    }
}
