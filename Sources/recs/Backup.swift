import ArgumentParser
import Foundation
import Service

/// `recs backup`: everything that a one-machine set-up keeps, in one folder.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy log, features, control store, schemas and archive into a new folder, while the service runs or not.",
        discussion: """
            For the log and the Redis that recs keeps itself. recs.yaml is not part of the data folder: keep it with the backup.

            Example:
              recs backup ./backups/monday --data ./data
            """)

    @Argument(help: "Folder for the backup; must not exist yet.")
    var folder: String

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print what was backed up as JSON.")
    var json = false

    func run() async throws {
        let configuration = try options.configuration()
        let path = folder
        let progress = Progress()
        let manifest = try await BackupCommand.reported("the backup was not made") {
            let backup = try Backup(configuration: configuration, program: Recs.configuration.version) { progress.show($0) }
            return try await LogCommands.onThread { try backup.write(to: path) }
        }
        progress.end()
        if json { return try outputJSON(manifest) }
        output(BackupCommand.text(manifest))
        let byteCount = manifest.files.reduce(0) { $0 + $1.bytes }
        output("\n\(manifest.files.count) files, \(fixed(Double(byteCount) / 1_000_000, 1)) MB in \(folder)")
    }

    /// Says an error's own words, and exits with 1.
    static func reported<R>(_ failure: String, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            note("\(failure): \(error)")
            throw ExitCode(1)
        }
    }

    /// Where log and features stand, by topic.
    static func text(_ manifest: BackupManifest) -> String {
        var table = Table(["TOPIC", "partition", "first offset", "next offset", "features up to"], numeric: [1, 2, 3, 4])
        for topic in manifest.topics {
            for partition in topic.partitions {
                table.add([
                    topic.topic, "\(partition.partition)", "\(partition.start)", "\(partition.end)",
                    partition.featuresNext.map { "\($0)" } ?? "–",
                ])
            }
        }
        return table.text
    }
}
