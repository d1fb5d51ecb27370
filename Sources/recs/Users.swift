import ArgumentParser
import Foundation
import Service

/// `recs users`: who has played something lately.
struct Users: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List recently active viewers: those with the newest plays.",
        discussion: """
            Plays alone count as activity; who only searched, browsed or rated is not listed. `recs explain user` knows them all.

            Example:
              recs users --limit 50
            """)

    @OptionGroup var client: ClientOptions

    @Option(help: "How many.")
    var limit = 20

    @Flag(help: "Print the API's answer.")
    var json = false

    func run() async throws {
        let data = try await client.get("/v1/users", query: [("limit", "\(limit)")], doing: "listing viewers")
        if json { return output(String(decoding: data, as: UTF8.self)) }
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var table = Table(["USER", "newest play"])
        for entry in try Answers.decode(Answers.Users.self, data).users { table.add([entry.user, ago(entry.asOf, now: now)]) }
        output(table.text)
    }
}
