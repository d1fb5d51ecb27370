import ArgumentParser
import Foundation
import Logging
import Service

/// Settings that `serve` and `work` share; what is not said here comes from the environment and `recs.yaml`.
struct ServiceOptions: ParsableArguments {
    @Option(help: "Settings file (default: recs.yaml in this folder, where there is one).")
    var config: String?

    @Option(help: "Folder for the embedded log, the control store and our own Redis (default: recs-data in this folder).")
    var data: String?

    @Option(help: "Address to listen on; anything but loopback needs API keys.")
    var host: String?

    @Option(help: "Port to listen on; 0 takes any that is free.")
    var port: Int?

    @Option(help: "`embedded`, or kafka://HOST:PORT[,HOST:PORT…].")
    var log: String?

    @Option(help: "redis://[:password@]host[:port][/db], redis-cluster://host:port[,…] or unix:///path; default: a child of our own.")
    var redis: String?

    @Option(help: "Address of a Confluent-compatible schema registry; default: our own.")
    var registry: String?

    /// The settings in force; prints all faults and exits with 2 where there are any.
    func configuration() throws -> Configuration {
        var flags = Configuration.Flags()
        flags.file = config
        flags.data = data
        flags.host = host
        flags.port = port
        flags.log = log
        flags.redis = redis
        flags.registry = registry
        do {
            return try Configuration.load(flags: flags)
        } catch {
            note("\(error)")
            throw ExitCode(2)
        }
    }

    /// The same for a command that looks into a log which has to be there.
    func configurationOfLog() throws -> Configuration {
        let configuration = try configuration()
        try configuration.requireLog()
        return configuration
    }

    /// Runs a server of the role until it is stopped.
    func run(_ role: RecsServer.Role) async throws {
        let configuration = try configuration()
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "recs")
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .info
        let server = RecsServer(configuration: configuration, role: role, logger: logger)
        do {
            try await server.run { port in
                note("recs listens on http://\(configuration.host):\(port) — ready when /readyz says 200; Ctrl-C stops it")
            }
        } catch {
            note("recs cannot run: \(ServiceOptions.words(for: error, configuration))")
            throw ExitCode(1)
        }
    }

    private static func words(for error: any Error, _ configuration: Configuration) -> String {
        if let error = error as? CocoaError, let path = error.filePath {
            return "\(path): \(error.localizedDescription) Name another data folder with --data, or make this one yours"
        }
        let text = "\(error)"
        guard text.contains("errno: 98") || text.contains("Address already in use") else { return text }
        return
            "port \(configuration.port) of \(configuration.host) is in use; stop what listens there, or choose another with --port (0 takes any)"
    }
}
