import EventLog
import Events
import FeatureStore
import Features
import Foundation
import Jobs
package import Logging

/// Replays the log into a scratch namespace up to what the serving features hold, and compares key by key (DESIGN §6).
///
/// The features move on meanwhile: every value read tells the position that it was made at, and the replay stops there to compare.
package final class Verification {
    package struct Plan: Sendable {
        /// Viewers to compare; nil: all, or as many as `sample` says, spread by a hash of their ids.
        package var users: Set<String>?
        package var sample: Int?
        package init() {}
    }

    /// One thing that is not as the log says.
    package struct Difference: Sendable, Encodable {
        package var topic: String
        /// `user u-1`, `title sintel (partition 2)`, `counts of bucket 1.0`.
        package var what: String
        package var found: [String]
        package var likely: String
    }

    package struct Report: Sendable, Encodable {
        package var namespace: String
        package var events: Int64 = 0
        package var users = 0
        package var titles = 0
        package var ledgers = 0
        /// Values and counts that changed so often that there was no moment to compare them at: nothing is known of them.
        package var leftOut = 0
        package var differences: [Difference] = []
        /// Viewers that were asked for and of whom neither the features nor the log have anything.
        package var unknownUsers: [String] = []
        package var seconds = 0.0
        /// Viewers of whom the features or the log have anything.
        var knownUsers: Set<String> = []

        /// Adds what was found of one topic.
        fileprivate mutating func add(_ part: Report) {
            events += part.events
            users += part.users
            titles += part.titles
            ledgers += part.ledgers
            leftOut += part.leftOut
            differences += part.differences
            knownUsers.formUnion(part.knownUsers)
        }

        private enum CodingKeys: CodingKey { case namespace, events, users, titles, ledgers, leftOut, differences, unknownUsers, seconds }
    }

    private let parts: Parts
    private let connection: StoreConnection
    private let logger: Logger

    package init(configuration: Configuration, logger: Logger) async throws {
        parts = try await Parts.attached(to: configuration, logger: logger)
        connection = try parts.connect()
        self.logger = logger
    }

    package func close() async { await parts.close() }

    package func run(_ plan: Plan, progress: (String) -> Void) async throws -> Report {
        let started = ContinuousClock.now
        let registry = try connection.namespaceRegistry(parts)
        try removeLeftovers(registry)
        let entry = registry.entries[registry.serving] ?? .init(state: .live, definition: 0)
        let scratch = keys("verify-\(String(UInt64.random(in: .min ... .max), radix: 36))")
        let building = NamespaceRegistry.Entry(state: .building, origins: entry.origins, definition: entry.definition)
        try connection.set(building, of: scratch.namespace)
        var report = Report(namespace: registry.serving)
        do {
            progress("reading the names of all values")
            var live = try LiveKeys(connection, keys(registry.serving))
            live.choose(plan)
            // The dead letters that can be read by now, once a topic asks for them.
            var readable: [Topic: Set<LogPosition>]?
            for topic in Topic.allCases where topic.hasJob {
                var pass = VerificationPass(
                    topic: topic, live: keys(registry.serving), scratch: scratch, parts: parts, entry: entry, connection: connection)
                var part = Report(namespace: registry.serving)
                try await pass.run(live.keys[topic] ?? .init(), of: plan, into: &part, progress: progress)
                // Records whose schema was registered after they had been given up: what serves either gave them up or, made anew later, read them.
                if !part.differences.isEmpty, readable == nil { readable = try DeadLetters(parts).readableNow() }
                if !part.differences.isEmpty, let givenUp = readable?[topic] {
                    progress("\(topic.name): again, without \(givenUp.count) dead letters that can be read by now")
                    try remove(scratch)
                    try connection.set(building, of: scratch.namespace)
                    pass.givenUp = givenUp
                    var other = Report(namespace: registry.serving)
                    try await pass.run(live.keys[topic] ?? .init(), of: plan, into: &other, progress: progress)
                    if other.differences.count < part.differences.count { part = other }
                }
                report.add(part)
            }
        } catch {
            try? remove(scratch)
            throw error
        }
        try remove(scratch)
        report.unknownUsers = (plan.users ?? []).subtracting(report.knownUsers).sorted()
        report.seconds = (ContinuousClock.now - started) / .seconds(1)
        return report
    }

    private func keys(_ namespace: String) -> Keys {
        Keys(namespace: namespace, bucketsPerPartition: parts.configuration.bucketsPerPartition)
    }

    private func remove(_ scratch: Keys) throws {
        _ = try connection.dropNamespace(scratch)
        try connection.set(nil, of: scratch.namespace)
    }

    /// What a verification that was killed has left behind.
    private func removeLeftovers(_ registry: NamespaceRegistry) throws {
        for (name, entry) in registry.entries where name.hasPrefix("verify-") && entry.state == .building { try remove(keys(name)) }
    }
}

/// The keys of all values of a namespace, by topic.
struct LiveKeys {
    struct OfTopic {
        var users: [(user: String, key: [UInt8])] = []
        var titles: [(title: String, partition: Int32, key: [UInt8])] = []
    }

    private(set) var keys: [Topic: OfTopic] = [:]

    init(_ connection: StoreConnection, _ names: Keys) throws {
        var found: Set<[UInt8]> = []
        try connection.forEachKeys(prefix: names.namespacePrefix) { (some) throws(StoreError) in found.formUnion(some) }
        for key in found.sorted(by: { $0.lexicographicallyPrecedes($1) }) { add(key, prefix: names.namespacePrefix.count) }
    }

    /// Keeps the viewers that the plan asks for.
    mutating func choose(_ plan: Verification.Plan) {
        var chosen = plan.users
        if chosen == nil, let sample = plan.sample {
            let all = Set(keys.values.flatMap { $0.users.map(\.user) })
            chosen = Set(all.sorted { (LiveKeys.spread($0), $0) < (LiveKeys.spread($1), $1) }.prefix(sample))
        }
        guard let chosen else { return }
        for topic in keys.keys { keys[topic]?.users.removeAll { !chosen.contains($0.user) } }
    }

    private static func spread(_ user: String) -> UInt32 { Array(user.utf8).withUnsafeBytes { Keys.fnv1a($0) } }

    /// `{3.1}:play:u:u-42` and `{3.t}:play:title:heat`.
    private mutating func add(_ key: [UInt8], prefix: Int) {
        let text = String(decoding: key[prefix...], as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let topic = Topic.allCases.first(where: { $0.key == parts[1] }) else { return }
        if parts[2] == "u" { keys[topic, default: OfTopic()].users.append((parts[3], key)) }
        if parts[2] == "title", let partition = Int32(parts[0].dropFirst().prefix { $0 != "." }) {
            keys[topic, default: OfTopic()].titles.append((parts[3], partition, key))
        }
    }
}
