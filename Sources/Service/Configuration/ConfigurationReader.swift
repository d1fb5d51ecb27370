import Features
import Jobs
import Quality
import Yams

/// Reads `recs.yaml`; every fault is kept with its line, none stops the reading.
package struct ConfigurationReader {
    package private(set) var faults: [ConfigurationFault] = []
    private let file: String

    /// `file` is the name shown in faults.
    package init(file: String) { self.file = file }

    /// Lays the settings of a YAML text over `configuration`.
    package mutating func read(_ yaml: String, into configuration: inout Configuration) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            faults.append(ConfigurationFault(place: place(of: error), message: "not readable as YAML: \(error)"))
            return
        }
        guard let root else { return }
        each(of: root, "the file") { reader, key, node in
            reader.readTop(key, node, &configuration)
        }
    }

    private mutating func readTop(_ key: String, _ node: Node, _ configuration: inout Configuration) {
        switch key {
        case "data": text(node, key) { configuration.dataFolder = $0 }
        case "listen": readListen(node, &configuration)
        case "log": text(node, key, SettingCheck.log) { configuration.log = $0 }
        case "kafka": readKafka(node, &configuration)
        case "redis": text(node, key, SettingCheck.redis) { configuration.redis = $0 }
        case "registry": text(node, key, SettingCheck.registry) { configuration.registry = $0 }
        case "namespace": text(node, key, SettingCheck.namespace) { configuration.namespace = $0 }
        case "archive": text(node, key, SettingCheck.aSwitch) { configuration.archives = SettingCheck.isOn($0) }
        case "log_retention_days":
            let place = place(of: node)
            integer(node, key, SettingCheck.retentionDays) {
                (configuration.logRetentionDays, configuration.logRetentionPlace) = ($0, place)
            }
        case "partitions": integer(node, key, SettingCheck.partitionCounts) { configuration.partitionCount = $0 }
        case "buckets_per_partition": integer(node, key, 1...256) { configuration.bucketsPerPartition = $0 }
        case "commit_interval_ms": integer(node, key, 1...10_000) { configuration.commitIntervalMilliseconds = $0 }
        case "title_commit_interval_ms": integer(node, key, 1...60_000) { configuration.titleCommitIntervalMilliseconds = $0 }
        case "body_bytes_max": integer(node, key, 1024...(1 << 30)) { configuration.bodyByteCountMax = $0 }
        case "body_bytes_under_way_max": integer(node, key, 1024...(1 << 40)) { configuration.bodyBytesUnderWayMax = $0 }
        case "events_per_request_max": integer(node, key, 1...1_000_000) { configuration.eventsPerRequestMax = $0 }
        case "requests_per_second_max": integer(node, key, 0...10_000_000) { configuration.requestsPerSecondMax = $0 }
        case "log_level": text(node, key, SettingCheck.logLevel) { configuration.logLevel = $0 }
        case "keys": readKeys(node, &configuration)
        case "weights": readWeights(node, &configuration)
        case "filtered_prefixes": configuration.jobs.filteredPrefixes = texts(node, key)
        case "ladder_kbps": readLadder(node, &configuration)
        case "tests": readTests(node, &configuration)
        default: unknown(key, node, known: ConfigurationReader.topKeys)
        }
    }

    static let topKeys = [
        "data", "listen", "log", "kafka", "redis", "registry", "namespace", "archive", "log_retention_days", "partitions",
        "buckets_per_partition", "commit_interval_ms", "title_commit_interval_ms", "body_bytes_max", "body_bytes_under_way_max",
        "events_per_request_max", "requests_per_second_max", "log_level", "keys", "weights", "filtered_prefixes", "ladder_kbps", "tests",
    ]

    private mutating func readListen(_ node: Node, _ configuration: inout Configuration) {
        each(of: node, "listen") { reader, key, node in
            switch key {
            case "host":
                let place = reader.place(of: node)
                reader.text(node, "listen.host") { (configuration.host, configuration.hostPlace) = ($0, place) }
            case "port": reader.integer(node, "listen.port", SettingCheck.ports) { configuration.port = $0 }
            default: reader.unknown("listen.\(key)", node, known: ["listen.host", "listen.port"])
            }
        }
    }

    private mutating func readKafka(_ node: Node, _ configuration: inout Configuration) {
        each(of: node, "kafka") { reader, key, node in
            switch key {
            case "replication_factor": reader.integer(node, "kafka.\(key)", 1...10) { configuration.kafkaReplicationFactor = $0 }
            case "assignment_strategy":
                reader.text(node, "kafka.\(key)", SettingCheck.assignmentStrategy) { configuration.kafkaAssignmentStrategy = $0 }
            case "properties":
                reader.each(of: node, "kafka.properties") { reader, name, node in
                    reader.text(node, "kafka.properties.\(name)", { SettingCheck.kafkaProperty(name, $0) }) {
                        configuration.kafkaProperties[name] = $0
                    }
                }
            default:
                let known = ["replication_factor", "assignment_strategy", "properties"]
                reader.unknown("kafka.\(key)", node, known: known.map { "kafka.\($0)" })
            }
        }
    }

    private mutating func readKeys(_ node: Node, _ configuration: inout Configuration) {
        for item in items(node, "keys") {
            var fields: [String: String] = [:]
            each(of: item, "keys") { reader, key, node in
                guard ["name", "key", "role"].contains(key) else {
                    return reader.unknown("keys.\(key)", node, known: ["keys.name", "keys.key", "keys.role"])
                }
                reader.text(node, "keys.\(key)") { fields[key] = $0 }
            }
            guard let name = fields["name"], let secret = fields["key"], let role = fields["role"] else {
                fault(item, "an API key needs `name`, `key` and `role`")
                continue
            }
            if let found = SettingCheck.secret(secret) { fault(item, "the key of `\(name)` \(found)") }
            if let other = configuration.keys.first(where: { $0.secret == secret }) {
                fault(item, "the key of `\(name)` is that of `\(other.name)`, too; give each entry a key of its own")
            }
            guard let role = APIKey.Role(rawValue: role) else {
                fault(item, "role is `\(role)`; use producer, reader or admin")
                continue
            }
            configuration.keys.append(APIKey(name: name, secret: secret, role: role))
        }
    }

    private mutating func readWeights(_ node: Node, _ configuration: inout Configuration) {
        let fields: [String: WritableKeyPath<JobSettings, Int64>] = [
            "completed_play": \.completedPlay, "partial_play": \.partialPlay, "abandoned_play": \.abandonedPlay,
            "search_click": \.searchClick, "hover": \.hover, "list_addition": \.listAddition, "rating": \.rating,
        ]
        each(of: node, "weights") { reader, key, node in
            if key == "version" {
                reader.integer(node, "weights.version", 1...Int.max) { configuration.jobs.version = Int64($0) }
            } else if let field = fields[key] {
                reader.number(node, "weights.\(key)", -100...100) { configuration.jobs[keyPath: field] = Int64(($0 * 1000).rounded()) }
            } else {
                reader.unknown("weights.\(key)", node, known: (fields.keys.sorted() + ["version"]).map { "weights.\($0)" })
            }
        }
    }

    private mutating func readLadder(_ node: Node, _ configuration: inout Configuration) {
        var ladder: [Int32] = []
        for item in items(node, "ladder_kbps") {
            integer(item, "ladder_kbps", 1...1_000_000) { ladder.append(Int32($0)) }
        }
        if ladder.isEmpty || ladder.count > PlaybackSession.ladderCountMax || ladder != ladder.sorted() {
            fault(node, "ladder_kbps needs 1 to \(PlaybackSession.ladderCountMax) bitrates in ascending order")
        } else {
            configuration.jobs.quality.ladderKbps = ladder
        }
    }

    private mutating func readTests(_ node: Node, _ configuration: inout Configuration) {
        for item in items(node, "tests") {
            var reader = ThumbnailTestReader()
            each(of: item, "tests") { outer, key, node in reader.read(key, node, &outer) }
            switch reader.finish() {
            case .success(let test):
                if configuration.jobs.tests.contains(where: { $0.id == test.id }) {
                    fault(item, "two tests are called `\(test.id)`; give each its own id")
                }
                configuration.jobs.tests.append(test)
            case .failure(let message): fault(item, message.text)
            }
        }
    }
}

// MARK: Reading nodes

extension ConfigurationReader {
    mutating func fault(_ node: Node, _ message: String) {
        faults.append(ConfigurationFault(place: place(of: node), message: message))
    }

    func place(of node: Node) -> String { node.mark.map { "\(file):\($0.line)" } ?? file }

    /// Where the parser gave up.
    private func place(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): "\(file):\(mark.line)"
        case .duplicatedKeysInMapping(_, let context): "\(file):\(context.mark.line)"
        default: file
        }
    }

    mutating func unknown(_ key: String, _ node: Node, known: [String]) {
        fault(node, "there is no setting `\(key)`; known here: \(known.joined(separator: ", "))")
    }

    mutating func each(of node: Node, _ name: String, _ body: (inout ConfigurationReader, String, Node) -> Void) {
        guard let mapping = node.mapping else { return fault(node, "\(name) must be a mapping (key: value)") }
        for (key, value) in mapping { body(&self, key.string ?? "", value) }
    }

    mutating func items(_ node: Node, _ name: String) -> [Node] {
        guard let sequence = node.sequence else {
            fault(node, "\(name) must be a list (lines that begin with `- `)")
            return []
        }
        return Array(sequence)
    }

    /// `body` gets the text where there is one and the check lets it pass.
    mutating func text(_ node: Node, _ name: String, _ check: (String) -> String? = { _ in nil }, _ body: (String) -> Void) {
        guard let text = node.string, !text.isEmpty else { return fault(node, "\(name) must be a text that is not empty") }
        if let found = check(text) { return fault(node, "\(name) \(found)") }
        body(text)
    }

    /// All texts of a list, which may be empty.
    mutating func texts(_ node: Node, _ name: String) -> [String] {
        var found: [String] = []
        for item in items(node, name) { text(item, "each of \(name)") { found.append($0) } }
        return found
    }

    mutating func integer(_ node: Node, _ name: String, _ range: ClosedRange<Int>, _ body: (Int) -> Void) {
        guard let value = node.int, range.contains(value) else {
            return fault(node, "\(name) is `\(node.string ?? "?")`; use a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        body(value)
    }

    mutating func number(_ node: Node, _ name: String, _ range: ClosedRange<Double>, _ body: (Double) -> Void) {
        guard let value = node.float ?? node.int.map(Double.init), range.contains(value) else {
            return fault(node, "\(name) is `\(node.string ?? "?")`; use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        body(value)
    }
}
