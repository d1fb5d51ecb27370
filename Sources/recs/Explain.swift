import ArgumentParser
import Foundation
import Service

/// `recs explain user`: what the service believes of a viewer and why their page is as it is.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain what is believed and shown.", subcommands: [ExplainUser.self])
}

struct ExplainUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "What the service believes of a viewer, and why each row and title is where it is.",
        discussion: """
            Example:
              recs explain user u-000001
            """)

    @Argument(help: "The viewer's id.")
    var user: String

    @OptionGroup var client: ClientOptions

    @Option(help: "Region; default: where the viewer was last.")
    var region: String?

    @Flag(help: "Print the API's answer.")
    var json = false

    func run() async throws {
        let query = region.map { [(name: "region", value: $0)] } ?? []
        let data = try await client.get("/v1/users/\(RecsClient.encoded(user))/explain", query: query, doing: "explaining \(user)")
        if json { return output(String(decoding: data, as: UTF8.self)) }
        let answer = try Answers.decode(Answers.Explanation.self, data)
        output([head(answer), taste(answer), events(answer), tests(answer), page(answer.page)].joined(separator: "\n"))
    }

    private func head(_ answer: Answers.Explanation) -> String {
        let known = answer.isCold ? "nothing is known of this viewer yet" : "newest event \(ago(answer.asOf, now: answer.now))"
        return "\(answer.user): \(known); last seen in \(answer.lastRegion.isEmpty ? "no region" : answer.lastRegion); "
            + "maturity limit \(answer.maturityLimit); \(freshness(answer))\n"
    }

    /// What serving knows of how old its beliefs are: the jobs' lag only where they all run in its process.
    private func freshness(_ answer: Answers.Explanation) -> String {
        let counts = "title counts from \(ago(answer.page.snapshotAt, now: answer.now))"
        let lags = answer.freshness.compactMap(\.lag)
        if answer.freshness.isEmpty {
            return "\(counts); how many records on the log are not in the features yet is not known here: the jobs run in other processes"
        }
        if lags.count < answer.freshness.count {
            return "\(counts); how many records on the log are not in the features yet is not known: not all jobs run, see `recs status`"
        }
        return "\(counts); \(lags.reduce(0, +)) records on the log not in the features yet"
    }

    private func taste(_ answer: Answers.Explanation) -> String {
        var table = Table(["TASTE", "strongest genres (weight; a completed play of one genre is 1)"])
        for window in ["1h", "24h", "7d", "lifetime"] {
            let genres = (answer.taste[window] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
            let words = genres.map { "\($0.key) \(fixed($0.value, 2))" }.joined(separator: ", ")
            table.add([window, words.isEmpty ? "–" : words])
        }
        return table.text + "\n"
    }

    private func events(_ answer: Answers.Explanation) -> String {
        var table = Table(["EVENTS", "what", "when"])
        for play in answer.recentPlays.prefix(8) {
            table.add(["play", "\(play.name ?? play.titleId), \(Int(play.fraction * 100)) % seen", ago(play.at, now: answer.now)])
        }
        for search in answer.searches.prefix(3) {
            table.add(["search", "\"\(search.query)\"" + (search.clicked.map { " → \($0)" } ?? ""), ago(search.at, now: answer.now)])
        }
        for rating in answer.ratings.suffix(3) {
            table.add(["rating", "\(rating.titleId) \(fixed(rating.rating, 1)) stars", ago(rating.at, now: answer.now)])
        }
        if !answer.hidden.isEmpty { table.add(["hidden", answer.hidden.joined(separator: ", "), ""]) }
        if !answer.myList.isEmpty { table.add(["my list", answer.myList.joined(separator: ", "), ""]) }
        return table.text + "\n"
    }

    private func tests(_ answer: Answers.Explanation) -> String {
        if answer.places.isEmpty { return "TESTS  none\n" }
        var table = Table(["TESTS", "title", "variant", "artwork", "propensity", "logged"])
        for place in answer.places {
            table.add([
                place.testId, place.titleId, place.variantId, place.artworkId, fixed(place.propensity, 3),
                place.isLogged ? "yes" : "not yet",
            ])
        }
        return table.text + "\n"
    }

    private func page(_ page: Answers.Page) -> String {
        var text = page.warnings.map { "warning: \($0)\n" }.joined()
        for row in page.rows {
            text += "\(row.title)  [\(row.id)]  \(row.reason)\n"
            var table = Table(["  title", "score", "= parts", "because"], numeric: [1])
            for item in row.items.prefix(5) {
                let parts = item.parts.filter { abs($0.value) >= 0.0005 }.sorted { abs($0.value) > abs($1.value) }
                let words = parts.map { "\($0.key) \(fixed($0.value, 3))" }.joined(separator: " + ")
                table.add(["  \(item.name)", fixed(item.score, 3), words, item.evidence])
            }
            text += table.text + "\n"
            if row.items.count > 5 { text += "  … and \(row.items.count - 5) more\n" }
            text += "\n"
        }
        return text
    }
}
