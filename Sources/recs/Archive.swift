import ArgumentParser
import EventLog
import Events
import Foundation
import Service

/// `recs archive`: look into the archive, prove that it is whole.
struct ArchiveCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Look into the archive and check it.",
        subcommands: [ArchiveList.self, ArchiveCheckCommand.self, ArchiveCat.self, ArchiveCompact.self])

    static func folder(_ options: ServiceOptions) throws -> ArchiveFolder {
        let configuration = try options.configuration()
        guard FileManager.default.fileExists(atPath: configuration.archiveFolder) else {
            throw ResourceError(
                description: "there is no archive in \(configuration.dataFolder): name the data folder of a service with --data; if that "
                    + "is it and the archive is lost, bring it back with `recs restore`")
        }
        return ArchiveFolder(configuration)
    }

    static func topics(_ name: String?) throws -> [Topic] {
        try name.map { [try LogCommands.topic($0)] } ?? Topic.allCases
    }
}

struct ArchiveList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List what is archived, by partition or by file.",
        discussion: """
            Examples:
              recs archive ls --data ./data
              recs archive ls play_events --files --json --data ./data
            """)

    @Argument(help: "The topic (default: all).")
    var topic: String?

    @OptionGroup var options: ServiceOptions

    @Flag(help: "List every file.")
    var files = false

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let topics = try ArchiveCommands.topics(topic)
        let folder = try ArchiveCommands.folder(options)
        let listsFiles = files
        if listsFiles {
            let found = try await LogCommands.onThread { try topics.map { ($0, try folder.files($0)) } }
            if json { return try outputJSON(Dictionary(uniqueKeysWithValues: found.map { ($0.name, $1) })) }
            return output(ArchiveList.table(of: found))
        }
        let names = Set(topics.map(\.name))
        let extents = try await LogCommands.onThread { try folder.extents().filter { names.contains($0.topic) } }
        if json { return try outputJSON(extents) }
        output(ArchiveList.table(of: extents))
    }

    private static func table(of extents: [ArchiveFolder.Extent]) -> String {
        let now = wallClockMilliseconds()
        var table = Table(
            ["TOPIC", "partition", "files", "first offset", "next offset", "records", "bytes", "oldest", "newest"],
            numeric: [1, 2, 3, 4, 5, 6])
        for extent in extents {
            table.add([
                extent.topic, "\(extent.partition)", "\(extent.files)", "\(extent.firstOffset)", "\(extent.nextOffset)",
                "\(extent.records)",
                "\(extent.bytes)", ago(extent.from, now: now), ago(extent.to, now: now),
            ])
        }
        return table.text
    }

    private static func table(of found: [(Topic, [ArchivedFile])]) -> String {
        var table = Table(["TOPIC", "partition", "first offset", "last offset", "records", "bytes", "file"], numeric: [1, 2, 3, 4, 5])
        for (topic, files) in found {
            for file in files {
                table.add([
                    topic.name, "\(file.partition)", "\(file.firstOffset)", "\(file.lastOffset)", "\(file.recordCount)",
                    "\(file.byteCount)",
                    file.path,
                ])
            }
        }
        return table.text
    }
}

struct ArchiveCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read every file and compare it with the manifest and the log: checksums, offsets, holes.",
        discussion: """
            Exits with 1 where something is wrong. May run beside the service.

            Examples:
              recs archive check --data ./data
              recs archive check play_events --json --data ./data
            """)

    @Argument(help: "The topic (default: all).")
    var topic: String?

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let topics = try ArchiveCommands.topics(topic)
        let folder = try ArchiveCommands.folder(options)
        let reports = try await LogCommands.onThread { try topics.map { try folder.check($0) } }
        if json { try outputJSON(reports) } else { output(ArchiveCheckCommand.text(reports)) }
        if reports.contains(where: { !$0.problems.isEmpty }) { throw ExitCode(1) }
    }

    private static func text(_ reports: [ArchiveCheck.Report]) -> String {
        var table = Table(["TOPIC", "files", "records", "bytes", "erased", "problems"], numeric: [1, 2, 3, 4, 5])
        for report in reports {
            table.add([
                report.topic, "\(report.fileCount)", "\(report.recordCount)", "\(report.byteCount)", "\(report.erasedCount)",
                "\(report.problems.count)",
            ])
        }
        let problems = reports.flatMap { report in
            report.problems.map {
                "\($0.kind.rawValue): \(report.topic) \($0.partition), offsets \($0.firstOffset) to \($0.lastOffset): \($0.description)"
            }
        }
        return ([table.text] + problems).joined(separator: "\n")
    }
}

struct ArchiveCat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Print archived records, decoded, one line of JSON each.",
        discussion: """
            Examples:
              recs archive cat play_events --count 20 --data ./data
              recs archive cat play_events --partition 2 --from 1000 --data ./data
            """)

    @Argument(help: "The topic.")
    var topic: String

    @OptionGroup var options: ServiceOptions

    @Option(help: "The partition.")
    var partition: Int32 = 0

    @Option(help: "The first offset (default: the archive's first).")
    var from: Int64?

    @Option(help: "Records to print (default: all).")
    var count: Int?

    func run() async throws {
        let found = try LogCommands.topic(topic)
        guard count ?? 0 >= 0 else { throw ValidationError("--count must be 0 or more") }
        let folder = try ArchiveCommands.folder(options)
        let (partition, from, count) = (partition, from, count ?? .max)
        try await LogCommands.onThread { try folder.cat(found, partition: partition, from: from, count: count) { output($0) } }
    }
}

struct ArchiveCompact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Merge the small files of past hours; of erased users' records keep the counts alone.",
        discussion: """
            The service does so by itself once a minute; this is for an archive that no service writes.

            Example:
              recs archive compact play_events --data ./data
            """)

    @Argument(help: "The topic (default: all).")
    var topic: String?

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print as JSON.")
    var json = false

    func run() async throws {
        let topics = try ArchiveCommands.topics(topic)
        let configuration = try options.configurationOfLog()
        let folder = ArchiveFolder(configuration)
        let residues = try await ArchiveResidues(configuration: configuration)
        let outcomes = try await LogCommands.onThread {
            try topics.compactMap { topic in try folder.compact(topic, residues).map { (topic.name, $0) } }
        }
        if json { return try outputJSON(Dictionary(uniqueKeysWithValues: outcomes)) }
        var table = Table(["TOPIC", "files merged", "into", "records erased"], numeric: [1, 2, 3])
        for (topic, outcome) in outcomes {
            table.add([topic, "\(outcome.filesBefore)", "\(outcome.filesAfter)", "\(outcome.erasedCount)"])
        }
        output(table.text)
    }
}
