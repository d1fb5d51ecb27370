import ArgumentParser
import Foundation
import Service

/// `recs home`: a viewer's page.
struct Home: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a viewer's home page.",
        discussion: """
            Examples:
              recs home u-000001
              recs home u-000001 --region SEA --maturity 13 --json
            """)

    @Argument(help: "The viewer's id.")
    var user: String

    @OptionGroup var client: ClientOptions

    @Option(help: "Region; default: where the viewer was last.")
    var region: String?

    @Option(help: "Highest maturity to show.")
    var maturity: Int?

    @Option(help: "Most rows.")
    var rows: Int?

    @Option(help: "Most titles a row.")
    var items: Int?

    @Flag(help: "Print the API's answer.")
    var json = false

    func run() async throws {
        var query: [(name: String, value: String)] = []
        if let region { query.append(("region", region)) }
        if let maturity { query.append(("maturity", "\(maturity)")) }
        if let rows { query.append(("rows", "\(rows)")) }
        if let items { query.append(("items", "\(items)")) }
        let data = try await client.get(
            "/v1/users/\(RecsClient.encoded(user))/home", query: query, doing: "reading the home page of \(user)")
        if json { return output(String(decoding: data, as: UTF8.self)) }
        output(Home.text(try Answers.decode(Answers.Page.self, data)))
    }

    /// The page as text, a table a row.
    static func text(_ page: Answers.Page) -> String {
        var text = "\(page.user)\(page.isCold ? " (nothing known yet)" : "") in \(page.region.isEmpty ? "no region" : page.region)\n"
        for warning in page.warnings { text += "warning: \(warning)\n" }
        for row in page.rows {
            text += "\n\(row.title)  [\(row.id)]  \(row.reason)\n"
            var table = Table(["  title", "score", "source", "artwork", "because"], numeric: [1])
            for item in row.items {
                let name = item.progress.map { "\(item.name) (\(Int($0 * 100)) %)" } ?? item.name
                table.add(["  \(name)", fixed(item.score, 3), item.source, item.artworkId ?? "–", item.evidence])
            }
            text += table.text + "\n"
        }
        return text
    }
}
