import EventLog
import Events
import FeatureStore
import Features
import Foundation
import Jobs
package import Logging

/// What cannot be done with a namespace, and what to do instead.
package struct NamespaceError: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// Lists, switches and drops namespaces beside a running service.
package struct NamespaceControl {
    /// How far one topic is in a namespace.
    package struct Position: Sendable, Encodable {
        package var topic: String
        package var partition: Int32
        /// The next offset that the features have not taken in.
        package var next: Int64
        /// Records before it, those included that the log no longer holds.
        package var records: Int64
    }

    package struct Listed: Sendable, Encodable {
        package var namespace: String
        package var state: String
        package var serves: Bool
        package var positions: [Position]
    }

    /// A job that feeds a namespace notices within this time that it no longer exists.
    private static let farewell = 2.0
    /// What a namespace held so long ago its jobs may have let go of by the time they notice that it serves; they wait for ten seconds.
    private static let noticeSeconds = 5.0
    private static let sweepCountMax = 20

    private let parts: Parts
    private let connection: StoreConnection

    package init(configuration: Configuration, logger: Logger) async throws {
        parts = try await Parts.attached(to: configuration, logger: logger)
        connection = try parts.connect()
    }

    package func close() async { await parts.close() }

    private func registry() throws -> NamespaceRegistry { try connection.namespaceRegistry(parts) }

    package func list() async throws -> [Listed] {
        let registry = try registry()
        var ranges: [Topic: [PartitionRange]] = [:]
        for topic in Topic.allCases { ranges[topic] = try await parts.foundations.log.ranges(topic) }
        return try registry.entries.sorted { $0.key < $1.key }.map { name, entry in
            let low = try reached(of: name).lowest
            let positions = Topic.allCases.flatMap { topic in
                (low.offsets[topic] ?? [:]).sorted { $0.key < $1.key }.map { partition, offset in
                    let leaps = ranges[topic]?.first { $0.partition == partition }?.leaps ?? []
                    let taken = PartitionRange(partition: partition, start: 0, end: offset + 1, leaps: leaps)
                    return Position(topic: topic.name, partition: partition, next: offset + 1, records: taken.count(from: 0))
                }
            }
            return Listed(namespace: name, state: entry.state.rawValue, serves: name == registry.serving, positions: positions)
        }
    }

    /// Waits until the namespace holds all that the serving one holds, and until this has emitted all that the namespace held some seconds ago,
    /// and so may have let go of by the time its jobs notice; then moves serving over in one step. What the old one has emitted by then is noted;
    /// the new one emits again whatever came after it, under the same ids (DESIGN §6.4).
    ///
    /// `givesUpEmissions`: what the old one has yet to emit of what the new one holds already (records forwarded to the attribution of tests,
    /// signals, dead letters) is emitted by nobody; for an old one whose jobs will not run again.
    package func `switch`(
        to namespace: String, secondsMax: Double, givesUpEmissions: Bool = false, progress: (String) -> Void
    ) throws {
        let registry = try registry()
        guard var entry = registry.entries[namespace] else {
            throw NamespaceError(
                "there is no namespace '\(namespace)'; there are: \(registry.entries.keys.sorted().joined(separator: ", "))")
        }
        // Said again after it was cut short, perhaps.
        if registry.serving == namespace { return }
        guard entry.state == .live else {
            throw NamespaceError(
                "'\(namespace)' is \(entry.state.rawValue): only a live namespace, fed by the jobs, can serve; finish its replay first")
        }
        let serving = registry.entries[registry.serving]
        let wanted = try reached(of: registry.serving).lowest
        var handover = ReadToken()
        var held: [(at: Date, highest: ReadToken)] = [(Date(), try reached(of: namespace).highest)]
        try wait(secondsMax, progress) {
            // Before the floors, which may move while it is read.
            handover = try emitted(by: registry.serving, serving)
            let (lowest, highest, floors) = try reached(of: namespace)
            held.removeAll { $0.at < Date(timeIntervalSinceNow: -NamespaceControl.noticeSeconds) }
            held.append((Date(), highest))
            let behind = missing(wanted, in: lowest)
            if behind > 0 { return "'\(namespace)' is \(behind) records behind '\(registry.serving)'" }
            if givesUpEmissions {
                for (topic, offsets) in highest.offsets {
                    for (partition, offset) in offsets { handover.add(topic: topic, partition: partition, offset: offset) }
                }
            }
            let lost = max(missing(floors, in: handover), missing(held[0].highest, in: handover))
            return lost == 0
                ? nil
                : "'\(registry.serving)' has yet to emit what came of \(lost) records that '\(namespace)' may soon not be able to emit any more (its "
                    + "jobs must run; where they cannot, --give-up-emissions goes without)"
        }
        entry.handover = handover.isEmpty ? "-" : handover.text
        guard try connection.switchServing(from: registry.serving, to: namespace, entry) else {
            throw NamespaceError("somebody else switched meanwhile; look at `recs namespace ls`")
        }
    }

    /// Removes a namespace that does not serve, without holding up Redis. Returns how many keys there were.
    package func drop(_ namespace: String, progress: (String) -> Void) throws -> Int {
        let registry = try registry()
        guard registry.serving != namespace else {
            throw NamespaceError("'\(namespace)' serves; switch to another one first (`recs namespace switch`)")
        }
        guard let entry = registry.entries[namespace] else { throw NamespaceError("there is no namespace '\(namespace)'") }
        try connection.set(.init(state: .dropping, origins: entry.origins, definition: entry.definition), of: namespace)
        let keys = Keys(namespace: namespace, bucketsPerPartition: parts.configuration.bucketsPerPartition)
        var count = 0
        // A job that has not noticed yet may write once more: sweep until nothing is found.
        for _ in 0..<NamespaceControl.sweepCountMax {
            Thread.sleep(forTimeInterval: NamespaceControl.farewell)
            let found = try connection.dropNamespace(keys)
            count += found
            progress("\(count) keys removed")
            if found == 0 { break }
        }
        try connection.set(nil, of: namespace)
        return count
    }

    /// Takes the namespace's markers at their word, wherever in a Redis Cluster their slots have been (see `SlotHome`): for an operator who has
    /// compared all values with the log. Returns how many markers were changed.
    package func confirm(_ namespace: String) throws -> Int {
        let registry = try registry()
        guard registry.entries[namespace] != nil else { throw NamespaceError("there is no namespace '\(namespace)'") }
        guard registry.serving == namespace else {
            throw NamespaceError(
                "'\(namespace)' does not serve, so nothing has compared it (`recs verify` compares what serves); drop it, and replay into it again"
            )
        }
        var count = 0
        try forEachPartition(of: namespace) { store, _, partition in count += try store.vouch(for: partition) }
        return count
    }

    /// Waits while `lack` finds something; what that is, is told.
    private func wait(_ secondsMax: Double, _ progress: (String) -> Void, lack: () throws -> String?) throws {
        let deadline = ContinuousClock.now + .seconds(secondsMax)
        while let found = try lack() {
            progress(found)
            guard ContinuousClock.now < deadline else {
                throw NamespaceError(
                    "\(found), still after \(Int(secondsMax)) s; nothing was switched. Look at `recs status` (are the jobs running?), then try "
                        + "again")
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    /// By topic and partition, the offset up to which all buckets of a namespace have taken everything in, none where that is nothing, and the
    /// ones of its newest record and up to which it may have let go of what was to be emitted.
    private func reached(of namespace: String) throws -> (lowest: ReadToken, highest: ReadToken, floors: ReadToken) {
        var (lowest, highest, floors) = (ReadToken(), ReadToken(), ReadToken())
        try markers(of: namespace) { topic, partition, markers in
            add(markers.reduce(Int64.max) { min($0, $1?.position.offset ?? -1) }, topic, partition, to: &lowest)
            add(markers.reduce(-1) { max($0, $1?.position.offset ?? -1) }, topic, partition, to: &highest)
            add(markers.reduce(-1) { max($0, $1?.outboxFloor ?? -1) }, topic, partition, to: &floors)
        }
        return (lowest, highest, floors)
    }

    /// By topic and partition, the offset up to which everything that goes elsewhere was emitted when this namespace serves.
    private func emitted(by namespace: String, _ entry: NamespaceRegistry.Entry?) throws -> ReadToken {
        let handover = entry.flatMap { ReadToken(text: $0.handover) }
        var emitted = ReadToken()
        try markers(of: namespace) { topic, partition, markers in
            add(markers.emittedOffset(handover: handover?.offsets[topic]?[partition]), topic, partition, to: &emitted)
        }
        return emitted
    }

    private func add(_ offset: Int64, _ topic: Topic, _ partition: Int32, to token: inout ReadToken) {
        // Nobody comes to what the log has lost.
        let kept = parts.foundations.lostOffsets.lastKept(LogPosition(topic: topic, partition: partition, offset: offset))
        if kept >= 0 { token.add(topic: topic, partition: partition, offset: kept) }
    }

    /// The markers of all buckets, partition by partition.
    private func markers(of namespace: String, _ body: (Topic, Int32, [Marker?]) -> Void) throws {
        try forEachPartition(of: namespace) { store, topic, partition in body(topic, partition, try store.markers(of: partition).buckets) }
    }

    private func forEachPartition(of namespace: String, _ body: (JobStore, Topic, Int32) throws -> Void) throws {
        let keys = Keys(namespace: namespace, bucketsPerPartition: parts.configuration.bucketsPerPartition)
        for topic in Topic.allCases where topic.hasJob {
            let store = JobStore(sharing: connection, keys: keys, topic: topic)
            for partition in 0..<Int32(parts.foundations.partitionCount) {
                try body(store, topic, partition)
            }
        }
    }

    /// Records up to the wanted positions that the reached ones have not come to.
    private func missing(_ wanted: ReadToken, in reached: ReadToken) -> Int64 {
        var missing: Int64 = 0
        for (topic, offsets) in wanted.offsets {
            for (partition, offset) in offsets { missing += max(0, offset - (reached.offsets[topic]?[partition] ?? -1)) }
        }
        return missing
    }
}
