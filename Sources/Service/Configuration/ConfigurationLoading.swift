import Foundation

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
    /// Throws all faults at once, each with the place where the setting was told, even where another place goes before it.
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
        } else if path != "recs.yaml" || FileManager.default.fileExists(atPath: path) {
            faults.append(ConfigurationFault(place: path, message: "cannot be read; name an existing file of UTF-8 text with --config"))
        }
        faults += configuration.read(environment: environment)
        faults += configuration.read(flags: flags)
        faults += [configuration.openToAll(), configuration.unarchivedRetention()].compactMap(\.self)
        if !faults.isEmpty { throw ConfigurationError(faults: faults) }
        return configuration
    }

    private mutating func read(environment: [String: String]) -> [ConfigurationFault] {
        var taker = SettingTaker()
        /// A variable that is set to nothing counts as not set.
        func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        taker.take(text("RECS_DATA"), "RECS_DATA", SettingCheck.notEmpty) { dataFolder = $0 }
        taker.take(text("RECS_HOST"), "RECS_HOST", SettingCheck.notEmpty) { (host, hostPlace) = ($0, "RECS_HOST") }
        taker.take(text("RECS_PORT"), "RECS_PORT", SettingCheck.ports) { port = $0 }
        taker.take(text("RECS_LOG"), "RECS_LOG", SettingCheck.log) { log = $0 }
        taker.take(text("RECS_KAFKA_ASSIGNMENT_STRATEGY"), "RECS_KAFKA_ASSIGNMENT_STRATEGY", SettingCheck.assignmentStrategy) {
            kafkaAssignmentStrategy = $0
        }
        taker.take(text("RECS_REDIS"), "RECS_REDIS", SettingCheck.redis) { redis = $0 }
        taker.take(text("RECS_REGISTRY"), "RECS_REGISTRY", SettingCheck.registry) { registry = $0 }
        taker.take(text("RECS_NAMESPACE"), "RECS_NAMESPACE", SettingCheck.namespace) { namespace = $0 }
        taker.take(text("RECS_PARTITIONS"), "RECS_PARTITIONS", SettingCheck.partitionCounts) { partitionCount = $0 }
        taker.take(text("RECS_LOG_RETENTION_DAYS"), "RECS_LOG_RETENTION_DAYS", SettingCheck.retentionDays) {
            (logRetentionDays, logRetentionPlace) = ($0, "RECS_LOG_RETENTION_DAYS")
        }
        taker.take(text("RECS_ARCHIVE"), "RECS_ARCHIVE", SettingCheck.aSwitch) { archives = SettingCheck.isOn($0) }
        taker.take(text("RECS_LOG_LEVEL"), "RECS_LOG_LEVEL", SettingCheck.logLevel) { logLevel = $0 }
        taker.take(text("RECS_ADMIN_KEY"), "RECS_ADMIN_KEY", SettingCheck.secret) {
            keys.append(APIKey(name: "RECS_ADMIN_KEY", secret: $0, role: .admin))
        }
        return taker.faults
    }

    private mutating func read(flags: Flags) -> [ConfigurationFault] {
        var taker = SettingTaker()
        taker.take(flags.data, "--data", SettingCheck.notEmpty) { dataFolder = $0 }
        taker.take(flags.host, "--host", SettingCheck.notEmpty) { (host, hostPlace) = ($0, "--host") }
        taker.take(flags.port.map(String.init), "--port", SettingCheck.ports) { port = $0 }
        taker.take(flags.log, "--log", SettingCheck.log) { log = $0 }
        taker.take(flags.redis, "--redis", SettingCheck.redis) { redis = $0 }
        taker.take(flags.registry, "--registry", SettingCheck.registry) { registry = $0 }
        return taker.faults
    }

    /// An address that others reach needs keys, wherever either was told.
    private func openToAll() -> ConfigurationFault? {
        if isLoopback || !keys.isEmpty { return nil }
        let found = "`\(host)` can be reached from other machines and no API key is set"
        return ConfigurationFault(place: hostPlace, message: "\(found); add `keys:` or set RECS_ADMIN_KEY")
    }

    /// The embedded log forgets what the archive holds, and without an archive nothing, wherever either was told.
    private func unarchivedRetention() -> ConfigurationFault? {
        if archives || logRetentionDays == 0 || log != "embedded" { return nil }
        let found = "log_retention_days is \(logRetentionDays) and `archive` is off, but the log forgets only what is archived"
        return ConfigurationFault(place: logRetentionPlace, message: "\(found); set `archive: on`, or `log_retention_days: 0`")
    }
}
