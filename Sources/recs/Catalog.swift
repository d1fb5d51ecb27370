import ArgumentParser
import Catalog
import Foundation
import NIOCore
import Service

/// `recs catalog`: change the catalogue while the service runs.
struct CatalogCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Import titles, or see what an import would change.",
        subcommands: [CatalogImport.self, CatalogDifference.self])
}

struct CatalogImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Put titles in or replace them.",
        discussion: """
            Example:
              recs catalog import Data/catalog/catalog.json
            """)

    @Argument(help: "A JSON document: {\"genres\": […], \"titles\": […]}.")
    var file: String

    @Flag(help: "Withdraw titles that the document lacks.")
    var replace = false

    @Flag(help: "Print the API's answer.")
    var json = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await CatalogCommands.send(file, to: "/v1/catalog", replace: replace, json: json, client, done: "changed")
    }
}

struct CatalogDifference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "See what an import would change; nothing is changed.",
        discussion: """
            Example:
              recs catalog diff titles.json --key KEY-OF-AN-ADMIN
            """)

    @Argument(help: "A JSON document: {\"genres\": […], \"titles\": […]}.")
    var file: String

    @Flag(help: "As for the import.")
    var replace = false

    @Flag(help: "Print the API's answer.")
    var json = false

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await CatalogCommands.send(file, to: "/v1/catalog/diff", replace: replace, json: json, client, done: "would change")
    }
}

extension CatalogCommands {
    private struct Difference: Decodable {
        struct Entry: Decodable {
            var titleId: String
            var name: String
        }
        struct Change: Decodable {
            struct Field: Decodable {
                var field: String
                var before: String
                var after: String
            }
            var titleId: String
            var fields: [Field]
        }
        var added: [Entry]
        var changed: [Change]
        var withdrawn: [Entry]
    }

    static func send(_ file: String, to path: String, replace: Bool, json: Bool, _ client: ClientOptions, done: String) async throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ResourceError(description: "cannot read \(file); name a JSON document with titles")
        }
        let answer = try await client.with { client in
            let path = path + (replace ? "?replace=true" : "")
            let answer = try await client.post(path, contentType: "application/json", body: ByteBuffer(bytes: data))
            guard answer.isSuccess else { throw RecsClient.error(answer, doing: "sending \(file)") }
            return answer
        }
        if json { return output(answer.text) }
        let difference = try Answers.decode(Difference.self, Data(answer.text.utf8))
        for entry in difference.added { output("+ \(entry.titleId)  \(entry.name)") }
        for change in difference.changed {
            let fields = change.fields.map { "\($0.field): \($0.before) → \($0.after)" }
            output("~ \(change.titleId)  \(fields.joined(separator: "; "))")
        }
        for entry in difference.withdrawn { output("- \(entry.titleId)  \(entry.name)") }
        note("\(done): \(difference.added.count) added, \(difference.changed.count) changed, \(difference.withdrawn.count) withdrawn")
    }
}
