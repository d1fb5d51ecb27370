import ArgumentParser
import Avro
import Events
import Foundation
import Service

/// `recs schemas`: the Avro schemas of the events.
struct Schemas: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the event schemas, or check that a changed one fits.", subcommands: [SchemasList.self, SchemasCheck.self])
}

struct SchemasList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the schemas that this program writes, with subjects and fingerprints (CRC-64-AVRO).",
        discussion: """
            Example:
              recs schemas list --json
            """)

    @Flag(help: "Print as JSON.")
    var json = false

    private struct Entry: Encodable {
        var subject: String
        var fingerprint: String
        var canonicalForm: String
    }

    func run() async throws {
        let schemas = try Resources().schemas()
        let entries = EventType.allCases.map { type in
            let fingerprint = String(schemas[type].fingerprint64, radix: 16)
            return Entry(
                subject: "\(type.topic?.name ?? "*")-recs.events.\(type.rawValue)",
                fingerprint: String(repeating: "0", count: 16 - fingerprint.count) + fingerprint, canonicalForm: schemas[type].canonicalForm
            )
        }
        if json { return try outputJSON(entries) }
        var table = Table(["SUBJECT", "fingerprint"])
        for entry in entries { table.add([entry.subject, entry.fingerprint]) }
        output(table.text)
    }
}

struct SchemasCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check that readers of a new schema understand what was written with an old one, and the other way round.",
        discussion: """
            Exit code 1 where they do not.

            Example:
              recs schemas check old/play_start.avsc Data/schemas/play_events/play_start.avsc
            """)

    @Argument(help: "The schema in use.")
    var old: String

    @Argument(help: "The schema to come.")
    var new: String

    @Flag(help: "Print as JSON.")
    var json = false

    private struct Problem: Encodable {
        /// `new` or `old`: whose readers do not understand the other's data.
        var readers: String
        var path: String
        var message: String
    }

    func run() async throws {
        let (old, new) = (try schema(old), try schema(new))
        let problems =
            Compatibility.problems(reader: new, writer: old).map { Problem(readers: "new", path: $0.path, message: $0.message) }
            + Compatibility.problems(reader: old, writer: new).map { Problem(readers: "old", path: $0.path, message: $0.message) }
        if json {
            try outputJSON(problems)
        } else {
            for problem in problems {
                output("\(problem.readers) readers, \(problem.readers == "new" ? "old" : "new") data: \(problem.path): \(problem.message)")
            }
            if problems.isEmpty { output("compatible both ways: old and new can run side by side") }
        }
        if !problems.isEmpty { throw ExitCode(1) }
    }

    private func schema(_ path: String) throws -> ParsedSchema {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ResourceError(description: "cannot read \(path); name a file with an Avro schema")
        }
        do {
            return try ParsedSchema(json: String(decoding: data, as: UTF8.self))
        } catch {
            throw ResourceError(description: "\(path) is no Avro schema: \(error)")
        }
    }
}
