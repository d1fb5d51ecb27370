import Foundation
import Logging

extension Configuration {
    /// What the command line says; nil where it says nothing.
    package struct Flags: Sendable {
        package var file: String?
        package var data: String?
        package var host: String?
        package var port: Int?
        package var log: String?
        package var redis: String?
        package var registry: String?
        package init() {}
    }

    /// Reads the file (`--config`, else `recs.yaml` in the working folder where there is one), the environment and the flags.
    /// Throws all faults at once.
    package static func load(
        flags: Flags, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        var faults: [ConfigurationFault] = []
        let path = flags.file ?? environment["RECS_CONFIG"] ?? "recs.yaml"
        if let text = try? String(contentsOfFile: path, encoding: .utf8) {
            var reader = ConfigurationReader(file: path)
            reader.read(text, into: &configuration)
            faults += reader.faults
        } else if path != "recs.yaml" {
            faults.append(ConfigurationFault(place: path, message: "cannot be read; name an existing file with --config"))
        }
        faults += configuration.read(environment: environment)
        configuration.read(flags: flags)
        faults += configuration.check()
        if !faults.isEmpty { throw ConfigurationError(faults: faults) }
        return configuration
    }

    private mutating func read(environment: [String: String]) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        let texts: [String: WritableKeyPath<Configuration, String>] = [
            "RECS_DATA": \.dataFolder, "RECS_HOST": \.host, "RECS_LOG": \.log, "RECS_NAMESPACE": \.namespace, "RECS_LOG_LEVEL": \.logLevel,
            "RECS_KAFKA_ASSIGNMENT_STRATEGY": \.kafkaAssignmentStrategy,
        ]
        for (name, path) in texts { if let value = environment[name], !value.isEmpty { self[keyPath: path] = value } }
        if let value = environment["RECS_REDIS"], !value.isEmpty { redis = value }
        if let value = environment["RECS_REGISTRY"], !value.isEmpty { registry = value }
        let numbers: [String: WritableKeyPath<Configuration, Int>] = ["RECS_PORT": \.port, "RECS_PARTITIONS": \.partitionCount]
        for (name, path) in numbers {
            guard let text = environment[name], !text.isEmpty else { continue }
            if let value = Int(text), value >= 0 {
                self[keyPath: path] = value
            } else {
                faults.append(ConfigurationFault(place: name, message: "is `\(text)`; use a whole number"))
            }
        }
        if let text = environment["RECS_ARCHIVE"], !text.isEmpty {
            if ["on", "off"].contains(text) {
                archives = text == "on"
            } else {
                faults.append(ConfigurationFault(place: "RECS_ARCHIVE", message: "is `\(text)`; use on or off"))
            }
        }
        if let text = environment["RECS_ADMIN_KEY"], !text.isEmpty {
            keys.append(APIKey(name: "RECS_ADMIN_KEY", secret: text, role: .admin))
        }
        return faults
    }

    private mutating func read(flags: Flags) {
        dataFolder = flags.data ?? dataFolder
        host = flags.host ?? host
        port = flags.port ?? port
        log = flags.log ?? log
        redis = flags.redis ?? redis
        registry = flags.registry ?? registry
    }

    /// What no single setting shows.
    private func check() -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if log != "embedded" && !log.hasPrefix("kafka://") {
            faults.append(ConfigurationFault(place: "log", message: "is `\(log)`; use `embedded` or `kafka://HOST:PORT`"))
        }
        if !isLoopback && keys.isEmpty {
            faults.append(
                ConfigurationFault(
                    place: "listen.host",
                    message: "`\(host)` can be reached from other machines and no API key is set; add `keys:` or set RECS_ADMIN_KEY"))
        }
        if Logger.Level(rawValue: logLevel) == nil {
            faults.append(
                ConfigurationFault(
                    place: "log_level", message: "is `\(logLevel)`; use trace, debug, info, notice, warning, error or critical"))
        }
        if !(0...65_535).contains(port) {
            faults.append(ConfigurationFault(place: "listen.port", message: "is \(port); use 0 (any free port) to 65535"))
        }
        return faults
    }
}
