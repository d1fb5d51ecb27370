import ArgumentParser
import Service

/// `recs doctor`: what this machine lacks, and the command that mends it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what this machine has and print the command that mends what is wrong.",
        discussion: """
            Looks at the programs, servers, files, disk and port that a service of these settings would use, beside a running one, too. Exit code 1
            where something is wrong.

            Examples:
              recs doctor
              recs doctor --data ./data --redis redis://127.0.0.1:6379 --json
            """)

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        let findings = await Checkup(configuration: try options.configuration()).findings()
        if json {
            try outputJSON(findings)
        } else {
            var table = Table(["", "what", "found", "do"])
            for finding in findings { table.add([finding.ok ? "ok" : "WRONG", finding.what, finding.found, finding.fix]) }
            output(table.text)
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(1) }
    }
}
