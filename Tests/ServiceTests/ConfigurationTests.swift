import Foundation
import Jobs
import Service
import TestSupport
import Testing

/// Settings are laid over the defaults; what is wrong is found all at once, with its line.
@Suite struct ConfigurationTests {
    private func read(_ yaml: String) -> (configuration: Configuration, faults: [ConfigurationFault]) {
        var configuration = Configuration()
        var reader = ConfigurationReader(file: "recs.yaml")
        reader.read(yaml, into: &configuration)
        return (configuration, reader.faults)
    }

    @Test func settingsAreLaidOverTheDefaults() {
        let (configuration, faults) = read(
            """
            data: ./elsewhere
            listen: { host: "::1", port: 0 }
            log: kafka://a:9092,b:9092
            kafka: { replication_factor: 3, assignment_strategy: range, properties: { session.timeout.ms: 6000, client.rack: a } }
            redis: redis://cache:6379
            partitions: 12
            requests_per_second_max: 50
            keys:
              - { name: apps, key: producer-0123456789, role: producer }
            weights: { version: 2, completed_play: 1.5, abandoned_play: -0.25 }
            ladder_kbps: [200, 800, 3000]
            filtered_prefixes: ["robot-"]
            tests:
              - id: t
                title: sintel
                variants: [ { id: a, artwork: x }, { id: b, artwork: y } ]
            """)
        #expect(faults.isEmpty)
        #expect(configuration.dataFolder == "./elsewhere" && configuration.host == "::1" && configuration.port == 0)
        #expect(configuration.log == "kafka://a:9092,b:9092" && configuration.kafkaReplicationFactor == 3)
        #expect(configuration.kafkaAssignmentStrategy == "range")
        #expect(configuration.kafkaProperties == ["session.timeout.ms": "6000", "client.rack": "a"])
        #expect(configuration.redis == "redis://cache:6379" && configuration.partitionCount == 12)
        #expect(configuration.keys == [APIKey(name: "apps", secret: "producer-0123456789", role: .producer)])
        #expect(configuration.isLoopback && configuration.requestsPerSecondMax == 50)
        #expect(configuration.namespace == Configuration().namespace)
    }

    @Test func emptyFileChangesNothing() {
        for text in ["", "\n# only a comment\n"] { #expect(read(text).faults.isEmpty) }
    }

    @Test(arguments: [
        ("colour: blue", 1, "colour"), ("listen:\n  port: many", 2, "65535"), ("listen: 8080", 1, "mapping"),
        ("\npartitions: 0", 2, "4096"),
        ("keys: none", 1, "list"), ("keys:\n  - name: a", 2, "`name`, `key` and `role`"),
        ("keys:\n  - { name: a, key: short, role: admin }", 2, "16"),
        ("keys:\n  - { name: a, key: a-long-enough-key, role: king }", 2, "producer, reader or admin"),
        ("keys:\n  - { name: a, key: a-long-enough-key, role: admin }\n  - { name: b, key: a-long-enough-key, role: reader }", 3, "`a`"),
        ("weights:\n  hover: lots", 2, "weights.hover"), ("weights:\n  love: 1", 2, "weights.love"),
        ("ladder_kbps: [800, 200]", 1, "ascending"), ("tests:\n  - id: t\n    title: x\n    variants: []", 2, "two or more"),
        (
            "tests:\n  - id: t\n    title: x\n    variants: [{ id: a, artwork: x, weight: 0.9 }, { id: b, artwork: y, weight: 0.9 }]", 2,
            "add up to 1"
        ), ("data: \"\"", 1, "empty"), ("log_level:\n  - a", 2, "text"),
        ("tests:\n  - id: t\n    title: x\n    variants: [{ id: a, artwork: x }, { id: a, artwork: y }]", 2, "`a`"),
        ("filtered_prefixes: [bot-, [test-]]", 1, "text"), ("archive: perhaps", 1, "on or off"),
        ("\nlog: stone", 2, "kafka://HOST:PORT"), ("log: kafka://", 1, "no broker"), ("log: kafka://a:9092,b:0", 1, "`b:0`"),
        ("log: kafka://a/topic", 1, "`a/topic`"), ("kafka:\n  assignment_strategy: sticky", 2, "cooperative-sticky, range or roundrobin"),
        ("kafka:\n  assignment_strategy: cooperative-sticky,range", 2, "roundrobin"), ("redis: cache:6379", 1, "redis://"),
        ("kafka:\n  properties:\n    acks: 1", 3, "kafka.properties.acks is not to be changed"),
        ("kafka:\n  properties: { bootstrap.servers: a }", 2, "`log`"),
        ("kafka:\n  properties: { test.mock.num.brokers: 3 }", 2, "is not to be changed"),
        ("kafka:\n  properties:\n    client.rack: a\n    sesion.timeout.ms: 6000", 4, "sesion.timeout.ms"),
        ("kafka:\n  properties: { session.timeout.ms: soon }", 2, "Invalid value"), ("kafka:\n  properties: [a]", 2, "key: value"),
        ("redis: rediss://cache", 1, "TLS"), ("registry: here", 1, "http://localhost:8081"), ("namespace: Main Street", 1, "a-z"),
        ("\n\nlog_level: loud", 3, "critical"),
        ("tests:\n  - id: \(String(repeating: "t", count: 129))\n    title: x", 2, "at most 128"),
    ])
    func faultIsToldWithItsLine(_ yaml: String, _ line: Int, _ word: String) {
        let faults = read(yaml).faults
        #expect(faults.contains { $0.place == "recs.yaml:\(line)" && $0.message.contains(word) }, "\(faults)")
    }

    @Test func allFaultsAreFoundAtOnce() {
        let faults = read("partitions: x\ncolour: blue\nkeys: 7\nweights: { love: 1 }\n").faults
        #expect(faults.map(\.place) == (1...4).map { "recs.yaml:\($0)" })
    }

    @Test func twoTestsOfOneNameAreAFault() {
        let test = "  - { id: t, title: x, variants: [ { id: a, artwork: x }, { id: b, artwork: y } ] }\n"
        #expect(read("tests:\n" + test + test).faults.contains { $0.message.contains("`t`") })
    }

    @Test func textThatIsNoYAMLIsAFault() {
        let faults = read("data: x\nlisten: [").faults
        #expect(faults.count == 1 && faults.allSatisfy { $0.place.hasPrefix("recs.yaml:") }, "\(faults)")
    }

    @Test(arguments: ["kafka://a", "kafka://a:9092,b.example:1", "kafka://[::1]:9092", "embedded"]) func logsAreTaken(_ log: String) {
        let (configuration, faults) = read("log: \"\(log)\"")
        #expect(faults.isEmpty && configuration.log == log)
    }

    @Test func noPrefixesMeansNoFilter() {
        let (configuration, faults) = read("filtered_prefixes: []")
        #expect(faults.isEmpty && configuration.jobs.filteredPrefixes.isEmpty)
    }

    @Test func flagsComeBeforeTheEnvironmentAndThatBeforeTheFile() throws {
        let folder = try TemporaryFolder()
        try "data: file\nlog_level: debug\nlisten: { port: 1 }\n".write(toFile: folder.path("recs.yaml"), atomically: true, encoding: .utf8)
        var flags = Configuration.Flags()
        flags.file = folder.path("recs.yaml")
        flags.port = 3
        let configuration = try Configuration.load(flags: flags, environment: ["RECS_DATA": "environment", "RECS_PORT": "2"])
        #expect(configuration.logLevel == "debug" && configuration.dataFolder == "environment" && configuration.port == 3)
    }

    private func faults(
        _ yaml: String? = nil, _ flags: Configuration.Flags = .init(), _ environment: [String: String] = [:]
    ) throws -> ConfigurationError? {
        let folder = try TemporaryFolder()
        var flags = flags
        if let yaml {
            flags.file = folder.path("recs.yaml")
            try yaml.write(toFile: folder.path("recs.yaml"), atomically: true, encoding: .utf8)
        }
        do {
            _ = try Configuration.load(flags: flags, environment: environment)
            return nil
        } catch {
            return error
        }
    }

    @Test func wrongEnvironmentIsAFault() throws {
        let error = try faults(
            nil, .init(),
            [
                "RECS_PORT": "70000", "RECS_PARTITIONS": "-1", "RECS_LOG": "stone", "RECS_CONFIG": "/no/such/file", "RECS_HOST": "0.0.0.0",
            ])
        #expect(error?.faults.map(\.place) == ["/no/such/file", "RECS_PORT", "RECS_LOG", "RECS_PARTITIONS", "RECS_HOST"])
        #expect(error?.description.hasPrefix("5 wrong settings:") == true)
    }

    @Test(arguments: [
        ("RECS_PARTITIONS", "0", "1 to 4096"), ("RECS_PARTITIONS", "4097", "1 to 4096"), ("RECS_ADMIN_KEY", "short", "16"),
        ("RECS_REDIS", "http://cache", "redis://"), ("RECS_REGISTRY", "registry:8081", "http://localhost:8081"),
        ("RECS_NAMESPACE", "Main", "a-z"), ("RECS_KAFKA_ASSIGNMENT_STRATEGY", "sticky", "range"), ("RECS_LOG_LEVEL", "loud", "debug"),
        ("RECS_ARCHIVE", "perhaps", "on or off"),
    ])
    func wrongVariableIsNamedWithTheFix(_ name: String, _ value: String, _ fix: String) throws {
        let found = try faults(nil, .init(), [name: value])?.faults ?? []
        #expect(found.count == 1 && found.allSatisfy { $0.place == name && $0.message.contains(fix) }, "\(found)")
    }

    @Test func aRetentionWithoutAnArchiveIsAFault() throws {
        let told = try faults("archive: off\nlog_retention_days: 30\n")?.faults ?? []
        #expect(told.count == 1 && told.allSatisfy { $0.place.hasSuffix("recs.yaml:2") && $0.message.contains("`archive: on`") }, "\(told)")
        let variable = try faults("archive: off\n", .init(), ["RECS_LOG_RETENTION_DAYS": "30"])?.faults ?? []
        #expect(variable.map(\.place) == ["RECS_LOG_RETENTION_DAYS"])
        for yaml in ["archive: off\n", "log_retention_days: 30\n", "archive: off\nlog_retention_days: 30\nlog: kafka://a:9092\n"] {
            #expect(try faults(yaml) == nil)
        }
    }

    @Test func wrongFlagsAreFaults() throws {
        var flags = Configuration.Flags()
        (flags.port, flags.log, flags.redis, flags.registry) = (70_000, "kafka://", "cache", "here")
        #expect(try faults(nil, flags)?.faults.map(\.place) == ["--port", "--log", "--redis", "--registry"])
    }

    @Test func whatIsWrongAnywhereIsToldAtOnceWithItsPlace() throws {
        var flags = Configuration.Flags()
        flags.redis = "cache"
        let error = try faults(
            "listen: { port: 1,\n  host: 0.0.0.0 }\nlog: stone\nlog_level: loud\nredis: 7\n", flags,
            ["RECS_PARTITIONS": "0", "RECS_ADMIN_KEY": "short"])
        let places = (error?.faults ?? []).map { $0.place.replacing(/^.*recs.yaml/, with: "recs.yaml") }
        #expect(
            places == ["recs.yaml:3", "recs.yaml:4", "recs.yaml:5", "RECS_PARTITIONS", "RECS_ADMIN_KEY", "--redis", "recs.yaml:2"])
    }
}
