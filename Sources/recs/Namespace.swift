import ArgumentParser
import Foundation
import Logging
import Service

/// `recs namespace ls|switch|confirm|drop`.
struct NamespaceCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "namespace",
        abstract: "List the namespaces of features, choose which one serves, remove old ones.",
        subcommands: [NamespaceList.self, NamespaceSwitch.self, NamespaceConfirm.self, NamespaceDrop.self])

    /// Tools say what they have to say themselves.
    static var logger: Logger {
        var logger = Logger(label: "recs") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        return logger
    }

    /// Runs a tool; what is wrong is said in one line, with exit code 1.
    static func reporting<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            note("recs: \(error)")
            throw ExitCode(1)
        }
    }

    static func control(_ options: ServiceOptions) async throws -> NamespaceControl {
        try await NamespaceControl(configuration: try options.configurationOfLog(), logger: logger)
    }
}

struct NamespaceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the namespaces, which one serves, and how far each is.",
        discussion: """
            Example:
              recs namespace ls --data ./data
            """)

    @OptionGroup var options: ServiceOptions

    @Flag(help: "Print as JSON, with all positions.")
    var json = false

    func run() async throws {
        let listed = try await NamespaceCommands.reporting {
            let control = try await NamespaceCommands.control(options)
            let listed = try await control.list()
            await control.close()
            return listed
        }
        if json { return try outputJSON(listed) }
        var table = Table(["NAMESPACE", "state", "serves", "events taken in"], numeric: [3])
        for entry in listed {
            table.add([entry.namespace, entry.state, entry.serves ? "yes" : "", "\(entry.positions.reduce(0) { $0 + $1.records })"])
        }
        output(table.text)
    }
}

struct NamespaceSwitch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch",
        abstract: "Make a namespace the one that serves, once it holds all that the present one holds.",
        discussion: """
            Each request sees one namespace from beginning to end; the processes follow within a second. The way back is the same command.

            Example:
              recs namespace switch v2 --data ./data
            """)

    @Argument(help: "The namespace.")
    var namespace: String

    @OptionGroup var options: ServiceOptions

    @Option(help: "Seconds to wait at most until it has caught up.")
    var wait = 60.0

    @Flag(help: "Go without what the present one has yet to emit and this one holds; for one whose jobs cannot run any more.")
    var giveUpEmissions = false

    func run() async throws {
        let line = Progress()
        try await NamespaceCommands.reporting {
            let control = try await NamespaceCommands.control(options)
            try control.switch(to: namespace, secondsMax: wait, givesUpEmissions: giveUpEmissions) { line.show($0) }
            line.end()
            await control.close()
        }
        output("'\(namespace)' serves")
    }
}

struct NamespaceConfirm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Let jobs go on that stopped because values may be lost where slots of a Redis Cluster had moved.",
        discussion: """
            A node that takes a slot over and then loses acknowledged writes may keep a marker without the values it speaks of. Where that
            cannot be ruled out (a slot has moved, and a master has joined, or was started or replaced, before the job had seen the first of
            these), jobs stop. Compare first: all must be equal.

            Example:
              recs verify --data ./data && recs namespace confirm main --data ./data
            """)

    @Argument(help: "The namespace, which must serve.")
    var namespace: String

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let count = try await NamespaceCommands.reporting {
            let control = try await NamespaceCommands.control(options)
            let count = try control.confirm(namespace)
            await control.close()
            return count
        }
        output("'\(namespace)': " + (count == 0 ? "no marker waits to be confirmed" : "\(count) markers confirmed; start the jobs again"))
    }
}

struct NamespaceDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove a namespace that does not serve, in small steps that do not hold up Redis.",
        discussion: """
            Example:
              recs namespace drop main --data ./data
            """)

    @Argument(help: "The namespace.")
    var namespace: String

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let line = Progress()
        let count = try await NamespaceCommands.reporting {
            let control = try await NamespaceCommands.control(options)
            let count = try control.drop(namespace) { line.show($0) }
            line.end()
            await control.close()
            return count
        }
        output("'\(namespace)' is gone: \(count) keys")
    }
}
