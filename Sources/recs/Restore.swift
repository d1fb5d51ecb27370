import ArgumentParser
import Service

/// `recs restore`: a data folder of a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Check a backup and make a data folder of it.",
        discussion: """
            What was taken in up to the log's end in the backup survives; jobs catch up what the features lack of it when the service starts.

            Example:
              recs restore ./backups/monday --data ./data
              recs serve --data ./data
            """)

    @Argument(help: "The backup's folder.")
    var folder: String

    @Option(help: "The data folder to make; must be absent or empty.")
    var data: String

    @Flag(help: "Print where log and features stand as JSON.")
    var json = false

    func run() async throws {
        let progress = Progress()
        let (backup, target) = (folder, data)
        let manifest = try await BackupCommand.reported("nothing was restored") {
            try await LogCommands.onThread { try Restore(backup: backup) { progress.show($0) }.restore(to: target) }
        }
        progress.end()
        if json { return try outputJSON(manifest) }
        output(BackupCommand.text(manifest))
        let lag = manifest.topics.flatMap(\.partitions).reduce(0) { $0 + max(0, $1.end - ($1.featuresNext ?? $1.end)) }
        output("\nrestored to \(data); \(lag) records are caught up when it starts: recs serve --data \(data)")
    }
}
