import ArgumentParser
import Avro
import Events
import Foundation
import Logging
import Service

/// `recs log`: look into the event log.
struct LogCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Look into the event log.", subcommands: [LogTail.self, LogTopics.self, LogExportCommand.self])

    static func reader(_ options: ServiceOptions) async throws -> LogReader {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        return try await LogReader(configuration: try options.configurationOfLog(), logger: Logger(label: "recs"))
    }

    static func topic(_ name: String) throws -> Topic {
        guard let found = Topic.allCases.first(where: { $0.name == name || $0.key == name }) else {
            throw ValidationError("there is no topic `\(name)`; topics: \(Topic.allCases.map(\.name).joined(separator: ", "))")
        }
        return found
    }

    /// Consumers block: they get a thread of their own.
    static func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }
}

struct LogTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Show the newest events of a topic, decoded.",
        discussion: """
            Examples:
              recs log tail play_events --data ./data
              recs log tail dead_letters --data ./data --count 100
              recs log tail play_events --log kafka://127.0.0.1:9092 --follow
            """)

    @Argument(help: "The topic.")
    var topic: String

    @OptionGroup var options: ServiceOptions

    @Option(help: "Records of each partition to begin with.")
    var count: Int64 = 10

    @Flag(help: "Go on with what comes, until Ctrl-C.")
    var follow = false

    func run() async throws {
        let found = try LogCommands.topic(topic)
        guard count >= 0 else { throw ValidationError("--count must be 0 or more") }
        let reader = try await LogCommands.reader(options)
        let (count, follow) = (count, follow)
        try await LogCommands.onThread {
            try reader.tail(found, count: count, follows: follow) { line in
                output(line)
                return true
            }
        }
        await reader.close()
    }
}

struct LogExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Copy a topic's records into Avro container files, one a record type.",
        discussion: """
            Example:
              recs log export play_events --data ./data --out ./export --codec zstandard
            """)

    @Argument(help: "The topic.")
    var topic: String

    @OptionGroup var options: ServiceOptions

    @Option(help: "Folder for the files.")
    var out: String

    @Option(help: "null, deflate or zstandard.")
    var codec = ContainerCodec.deflate.rawValue

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        guard let codec = ContainerCodec(rawValue: codec) else {
            throw ValidationError("--codec is `\(codec)`; use null, deflate or zstandard")
        }
        let found = try LogCommands.topic(topic)
        let reader = try await LogCommands.reader(options)
        let folder = URL(fileURLWithPath: out)
        let files = try await LogCommands.onThread { try LogExport(reader: reader).export(found, into: folder, codec: codec) }
        await reader.close()
        if json { return try outputJSON(files) }
        for file in files { output("\(file.recordCount) records  \(file.path)") }
    }
}

struct LogTopics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "List topics, partitions and offsets.",
        discussion: """
            Examples:
              recs log topics --data ./data
              recs log topics --log kafka://127.0.0.1:9092 --json
            """)

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let reader = try await LogCommands.reader(options)
        let extents = try await reader.extents()
        await reader.close()
        if json { return try outputJSON(extents) }
        var table = Table(["TOPIC", "partition", "first offset", "next offset", "records"], numeric: [1, 2, 3, 4])
        for extent in extents {
            table.add([extent.topic, "\(extent.partition)", "\(extent.start)", "\(extent.end)", "\(extent.records)"])
        }
        output(table.text)
    }
}
