import ArgumentParser
import Catalog
import Foundation
import NIOCore
import Service

/// `recs import`: data of others.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Import other people's data.", subcommands: [ImportMovieLens.self])
}

struct ImportMovieLens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "movielens",
        abstract: "Turn MovieLens ratings into play events in time order, and its movies into titles.",
        discussion: """
            The folder holds ratings.csv and movies.csv of a MovieLens data set (see its own terms).

            Example:
              recs import movielens ./ml-latest-small --shift-now
            """)

    @Argument(help: "Folder with ratings.csv and movies.csv.")
    var folder: String

    @OptionGroup var client: ClientOptions

    @Flag(help: "Move all times so that the last one is now.")
    var shiftNow = false

    @Option(help: "Region of all viewers.")
    var region = ""

    @Flag(help: "Print the counts as JSON.")
    var json = false

    func run() async throws {
        var data = try MovieLensImport(folder: URL(fileURLWithPath: folder), region: region)
        if shiftNow { data.shift(toEndAt: Int64(Date().timeIntervalSince1970 * 1000)) }
        let catalog = try data.document.serialized()
        let progress = Progress()
        let total = data.eventCount
        let counts = try await client.with { client in
            let answer = try await client.post("/v1/catalog", contentType: "application/json", body: ByteBuffer(bytes: catalog))
            guard answer.isSuccess else { throw RecsClient.error(answer, doing: "importing the titles") }
            // One batch at a time: the order of the ratings is what is imported.
            return try await EventPoster(client: client, inFlightMax: 1).post { counts in
                progress.show("\(counts.accepted + counts.refused) of \(total) events")
            } next: { countMax, bytes in
                data.next(countMax, into: &bytes)
            }
        }
        progress.end()
        if json {
            output("{\"titles\":\(data.document.titles.count),\"accepted\":\(counts.accepted),\"refused\":\(counts.refused)}")
        } else {
            output("\(data.document.titles.count) titles; accepted \(counts.accepted), refused \(counts.refused) events")
        }
        if let refusal = counts.firstRefusal { note("first refusal: \(refusal)") }
        if counts.refused > 0 { throw ExitCode(1) }
    }
}
