import ArgumentParser
import Foundation
import Service

/// `recs doctor`: what this machine lacks, and the command that mends it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what this machine has and print the command that mends what is missing.",
        discussion: "Exit code 1 where something that the service needs is missing.")

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() async throws {
        let findings = await Checkup(configuration: try options.configuration()).findings()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            output(String(decoding: try encoder.encode(findings), as: UTF8.self))
        } else {
            var table = Table(["", "what", "found", "do"])
            for finding in findings { table.add([finding.ok ? "ok" : "MISSING", finding.what, finding.found, finding.fix]) }
            output(table.text)
        }
        if findings.contains(where: { !$0.ok }) { throw ExitCode(1) }
    }
}
