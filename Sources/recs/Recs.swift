import ArgumentParser

/// The command line of the service; every subcommand is one file.
@main
struct Recs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recs",
        abstract: "Personalization and real-time features for streaming catalogues.",
        discussion: """
            Start the service, feed it, look at a page:

              recs serve --data ./data --port 8080
              recs simulate --url http://127.0.0.1:8080 --users 2000 --events 60000 --seed 7
              recs home u-000001
            """,
        version: "1.0.0",
        subcommands: [
            Serve.self, Work.self, Status.self, Doctor.self, Home.self, Explain.self, Users.self, Experiments.self, CatalogCommands.self,
            LogCommands.self, DeadLetterCommands.self, ArchiveCommands.self, ReplayCommand.self, NamespaceCommands.self,
            RepartitionCommand.self, Verify.self,
            BackupCommand.self,
            RestoreCommand.self, Schemas.self, Simulate.self, Import.self, PlaybackStub.self, Bench.self,
        ])

    /// The parser's own `main` would show the usage of `recs` for what a subcommand finds wrong with its arguments once it runs.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            } catch let error as ValidationError {
                let usage = usageString(for: type(of: command))
                let name = usage.split(separator: " ").prefix { !["[", "<", "-"].contains($0.prefix(1)) }.joined(separator: " ")
                note("Error: \(error.message)\nUsage: \(usage)\n  See '\(name) --help' for more information.")
                throw ExitCode.validationFailure
            }
        } catch {
            exit(withError: error)
        }
    }
}
