import NIOConcurrencyHelpers
import Synchronization

/// The process' metrics, and their text for Prometheus (exposition format 0.0.4).
///
/// A family is registered once with its help text; a member is looked up once and then bumped without a lock.
package final class Metrics: Sendable {
    /// A number that only grows.
    package final class Counter: Sendable {
        private let value = Atomic<Int64>(0)
        package func add(_ count: Int = 1) { value.add(Int64(count), ordering: .relaxed) }
        package var current: Int64 { value.load(ordering: .relaxed) }
    }

    /// A number that is set.
    package final class Gauge: Sendable {
        private let bits = Atomic<UInt64>(0)
        package func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
        package var current: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    }

    /// Durations in buckets of `Histogram.boundsSeconds`.
    package final class Histogram: Sendable {
        package static let boundsSeconds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
        private let state = NIOLockedValueBox((counts: [Int64](repeating: 0, count: boundsSeconds.count + 1), sum: 0.0))

        package func observe(seconds: Double) {
            let bucket = Histogram.boundsSeconds.firstIndex { seconds <= $0 } ?? Histogram.boundsSeconds.count
            state.withLockedValue {
                $0.counts[bucket] += 1
                $0.sum += seconds
            }
        }

        func read() -> (counts: [Int64], sum: Double) { state.withLockedValue { $0 } }
    }

    private enum Member: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)

        var type: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    private struct Family: Sendable {
        var help: String
        var members: [(labels: String, member: Member)] = []
    }

    private let families = NIOLockedValueBox<[String: Family]>([:])
    package init() {}

    /// The counter of that name (which ends in `_total`) and labels.
    package func counter(_ name: String, help: String, labels: [(String, String)] = []) -> Counter {
        guard case .counter(let found) = member(name, help, labels, make: { .counter(Counter()) }) else {
            preconditionFailure("\(name) is not a counter")
        }
        return found
    }

    package func gauge(_ name: String, help: String, labels: [(String, String)] = []) -> Gauge {
        guard case .gauge(let found) = member(name, help, labels, make: { .gauge(Gauge()) }) else {
            preconditionFailure("\(name) is not a gauge")
        }
        return found
    }

    /// The histogram of that name (which ends in `_seconds`) and labels.
    package func histogram(_ name: String, help: String, labels: [(String, String)] = []) -> Histogram {
        guard case .histogram(let found) = member(name, help, labels, make: { .histogram(Histogram()) }) else {
            preconditionFailure("\(name) is not a histogram")
        }
        return found
    }

    private func member(_ name: String, _ help: String, _ labels: [(String, String)], make: () -> Member) -> Member {
        let text = labels.map { "\($0.0)=\"\(Metrics.escape($0.1))\"" }.joined(separator: ",")
        return families.withLockedValue { families in
            var family = families[name] ?? Family(help: help)
            if let found = family.members.first(where: { $0.labels == text }) { return found.member }
            let member = make()
            family.members.append((text, member))
            families[name] = family
            return member
        }
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// All metrics as text, families in order of name.
    package func exposition() -> String {
        let families = families.withLockedValue { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.members[0].member.type)\n"
            for (labels, member) in family.members { Metrics.write(name, labels, member, to: &text) }
        }
        return text
    }

    private static func write(_ name: String, _ labels: String, _ member: Member, to text: inout String) {
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        switch member {
        case .counter(let counter): text += "\(name)\(braces) \(counter.current)\n"
        case .gauge(let gauge): text += "\(name)\(braces) \(gauge.current)\n"
        case .histogram(let histogram):
            let (counts, sum) = histogram.read()
            let prefix = labels.isEmpty ? "" : "\(labels),"
            var running: Int64 = 0
            for (index, bound) in Histogram.boundsSeconds.enumerated() {
                running += counts[index]
                text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(running)\n"
            }
            running += counts[counts.count - 1]
            text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(running)\n\(name)_sum\(braces) \(sum)\n\(name)_count\(braces) \(running)\n"
        }
    }
}
