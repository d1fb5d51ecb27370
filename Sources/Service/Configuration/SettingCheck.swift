import EventLog
import FeatureStore
import Features
import Foundation
import Logging

/// What the value of a single setting may be, wherever it was told: nil where it is fine, else what is wrong and the fix.
enum SettingCheck {
    static let ports = 0...65_535
    static let partitionCounts = 1...4096
    static let retentionDays = 0...36_500
    static let secretByteCountMin = 16

    /// Those of librdkafka's `partition.assignment.strategy` that may stand beside each other; `cooperative-sticky` stands alone.
    private static let eagerStrategies: Set<String> = ["range", "roundrobin"]

    static func notEmpty(_ text: String) -> String? { text.isEmpty ? "is empty; leave it out, or say what it shall be" : nil }

    static func log(_ text: String) -> String? {
        if text == "embedded" { return nil }
        let fix = "use `embedded` or `kafka://HOST:PORT[,HOST:PORT…]`"
        guard text.hasPrefix(BrokerAddress.scheme) else { return "is `\(text)`; \(fix)" }
        let wrong = BrokerAddress.names(in: text).first { BrokerAddress($0) == nil }
        return wrong.map { $0.isEmpty ? "names no broker; \(fix)" : "names `\($0)` as a broker; \(fix)" }
    }

    static func assignmentStrategy(_ text: String) -> String? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        if names == ["cooperative-sticky"] || eagerStrategies.isSuperset(of: names) { return nil }
        return "is `\(text)`; use cooperative-sticky, range or roundrobin"
    }

    /// Settings of librdkafka that another of ours tells, and those on which it rests that nothing is lost or doubled.
    private static let ownKafkaProperties: [String: String] = [
        "bootstrap.servers": "say it with `log`", "metadata.broker.list": "say it with `log`",
        "partition.assignment.strategy": "say it with `kafka.assignment_strategy`",
        "acks": kept, "request.required.acks": kept, "enable.idempotence": kept, "transactional.id": kept, "partitioner": kept,
        "group.id": kept, "enable.auto.commit": kept, "enable.auto.offset.store": kept, "enable.partition.eof": kept,
        "auto.offset.reset": kept, "isolation.level": kept, "message.timeout.ms": kept, "delivery.timeout.ms": kept,
        "group.instance.id": kept,
    ]
    /// Whole families: code loaded into the client, brokers that are none.
    private static let ownKafkaFamilies = ["plugin.", "test."]
    private static let kept = "is not to be changed: that nothing is lost or doubled rests on it; leave it out"

    /// By librdkafka's name.
    static func kafkaProperty(_ name: String, _ value: String) -> String? {
        if ownKafkaFamilies.contains(where: name.hasPrefix) { return kept }
        return ownKafkaProperties[name] ?? KafkaSettings.fault(of: name, value).map { "cannot be used: \($0)" }
    }

    /// The URL itself is not repeated: it may hold a password.
    static func redis(_ text: String) -> String? {
        do {
            _ = try StoreAddress(text)
            return nil
        } catch {
            return "cannot be used: \(error)"
        }
    }

    /// The URL itself is not repeated: it may hold a password.
    static func registry(_ text: String) -> String? {
        (try? HTTPRegistry(url: text)) == nil ? "is no address of a schema registry; use a URL such as http://localhost:8081" : nil
    }

    static func namespace(_ text: String) -> String? {
        Keys.isValid(namespace: text) ? nil : "is `\(text)`; use 1 to \(Keys.namespaceBytesMax) of a-z, 0-9, - and _"
    }

    static func logLevel(_ text: String) -> String? {
        Logger.Level(rawValue: text) == nil
            ? "is `\(text)`; use \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))" : nil
    }

    static func secret(_ text: String) -> String? {
        text.utf8.count < secretByteCountMin ? "has \(text.utf8.count) characters; use at least \(secretByteCountMin)" : nil
    }

    static func aSwitch(_ text: String) -> String? {
        ["on", "true", "off", "false"].contains(text) ? nil : "is `\(text)`; use on or off"
    }

    /// What a text that is a switch says.
    static func isOn(_ text: String) -> Bool { text == "on" || text == "true" }
}

/// Takes single settings from the environment or the command line; what is wrong with them is kept with its place.
struct SettingTaker {
    private(set) var faults: [ConfigurationFault] = []

    /// `body` gets the text where there is one and the check lets it pass.
    mutating func take(_ text: String?, _ place: String, _ check: (String) -> String?, _ body: (String) -> Void) {
        guard let text else { return }
        if let fault = check(text) {
            faults.append(ConfigurationFault(place: place, message: fault))
        } else {
            body(text)
        }
    }

    /// The same for a whole number in a range.
    mutating func take(_ text: String?, _ place: String, _ range: ClosedRange<Int>, _ body: (Int) -> Void) {
        guard let text else { return }
        if let number = Int(text), range.contains(number) {
            body(number)
        } else {
            let fix = "use a whole number from \(range.lowerBound) to \(range.upperBound)"
            faults.append(ConfigurationFault(place: place, message: "is `\(text)`; \(fix)"))
        }
    }
}
