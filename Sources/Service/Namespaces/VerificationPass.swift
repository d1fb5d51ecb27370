import EventLog
import Events
import FeatureStore
import Features
import Foundation
import Jobs

/// One topic's part of a verification.
struct VerificationPass {
    /// Times that values which keep changing are read, and stops to compare after each: what is left then has had no moment to compare it at.
    private static let roundCountMax = 5
    private static let stopCountMax = 300

    let topic: Topic
    let live: Keys
    let scratch: Keys
    let parts: Parts
    let entry: NamespaceRegistry.Entry
    let connection: StoreConnection
    /// Records that the replay gives up as what serves did.
    var givenUp: Set<LogPosition> = []

    /// What is to be read and compared.
    private struct Subjects {
        var keys: LiveKeys.OfTopic
        /// Of which buckets the ledgers; nil: of all.
        var buckets: Set<Bucket>?

        init(_ keys: LiveKeys.OfTopic) { self.keys = keys }

        init(of checks: [VerificationCheck]) {
            keys = LiveKeys.OfTopic()
            var buckets: Set<Bucket> = []
            for check in checks {
                switch check.subject {
                case .user(let user, let key): keys.users.append((user, key))
                case .title(let title, let key): keys.titles.append((title, check.partition, key))
                case .ledger(let bucket, _): buckets.insert(bucket)
                }
            }
            self.buckets = buckets
        }
    }

    /// Where the serving features are: read before their values.
    private struct Positions {
        var low: [Int32: Int64] = [:]
        var titles: [Int32: Int64] = [:]
        var markers: [(Bucket, Marker)] = []
    }

    func run(
        _ keys: LiveKeys.OfTopic, of plan: Verification.Plan, into report: inout Verification.Report, progress: (String) -> Void
    ) async throws {
        if let lost = try await lostRecords() { return report.differences.append(lost) }
        var subjects = Subjects(keys)
        var reached: [Int32: Int64] = [:]
        var left: [VerificationCheck] = []
        for _ in 0..<VerificationPass.roundCountMax {
            var stops = VerificationStops(try await checks(subjects), reached: reached)
            try compare(&stops, &reached, into: &report, progress: progress)
            left = stops.left
            if left.isEmpty { break }
            subjects = Subjects(of: left)
        }
        report.leftOut += left.count
        // A sample is of those that are there.
        if plan.users != nil || plan.sample == nil { try findMissing(keys, of: plan.users, into: &report) }
    }

    /// Replays from stop to stop, up to so many.
    private func compare(
        _ stops: inout VerificationStops, _ reached: inout [Int32: Int64], into report: inout Verification.Report,
        progress: (String) -> Void
    ) throws {
        for stop in 1...VerificationPass.stopCountMax {
            let next = stops.next
            if next.isEmpty { return }
            progress("\(topic.name): replaying, stop \(stop); \(report.differences.count) differences so far")
            // A partition where nothing waits stays where it is: what could not be compared there is read again.
            reached.merge(next) { $1 }
            report.events += try replay(to: reached)
            try compare(stops.take(at: next), into: &report)
        }
    }

    // MARK: What serves

    private func positions() throws -> Positions {
        var positions = Positions()
        let store = JobStore(sharing: connection, keys: live, topic: topic)
        for partition in 0..<Int32(parts.foundations.partitionCount) {
            let (markers, title) = try store.markers(of: partition)
            positions.low[partition] = markers.reduce(Int64.max) { min($0, $1?.position.offset ?? -1) }
            positions.titles[partition] = title?.position.offset ?? -1
            for (index, marker) in markers.enumerated() {
                guard let marker, marker.position.offset >= 0 else { continue }
                positions.markers.append((Bucket(partition: partition, index: Int32(index)), marker))
            }
        }
        return positions
    }

    /// Markers of what the log does not have, nor will have: no replay ever comes there.
    private func lostRecords() async throws -> Verification.Difference? {
        // Before the log's ends, which move on meanwhile as the features do.
        let markers = try positions()
        let ranges = try await parts.foundations.log.ranges(topic)
        let offsets = markers.markers.map { ($0.0.partition, $0.1.position.offset) } + markers.titles.map { ($0.key, $0.value) }
        for (partition, offset) in offsets.sorted(by: { $0 < $1 }) {
            guard let range = ranges.first(where: { $0.partition == partition }), offset >= range.end || range.isLost(offset) else {
                continue
            }
            return Verification.Difference(
                topic: topic.name, what: "all of partition \(partition)",
                found: ["the features hold offset \(offset), and the log ends at \(range.end) or was set back since"],
                likely: "the log has lost records; put the newer log back, or `recs replay --from log` into a new namespace and switch")
        }
        return nil
    }

    private func checks(_ subjects: Subjects) async throws -> [VerificationCheck] {
        let (positions, titles) = try settledTitles(subjects.keys)
        let ledgers = positions.markers.filter { bucket, _ in subjects.buckets?.contains(bucket) ?? true }.map { bucket, marker in
            VerificationCheck(
                partition: bucket.partition, offset: marker.position.offset, subject: .ledger(bucket, marker), value: [])
        }
        return ledgers + titles + (try await users(subjects.keys, positions))
    }

    /// Title values with the positions that they are all settled at: read until no commit came in between.
    private func settledTitles(_ keys: LiveKeys.OfTopic) throws -> (Positions, [VerificationCheck]) {
        while true {
            let before = try positions()
            let values = try connection.values(keys.titles.map(\.key))
            let after = try positions()
            let isTorn = zip(keys.titles, values).contains { title, value in
                value.map { ValueComparison.applied($0) > after.titles[title.partition] ?? -1 } ?? false
            }
            if isTorn || before.titles != after.titles {
                Thread.sleep(forTimeInterval: 0.01)
                continue
            }
            let checks = zip(keys.titles, values).compactMap { title, value in
                value.map {
                    VerificationCheck(
                        partition: title.partition, offset: after.titles[title.partition] ?? -1,
                        subject: .title(title.title, key: title.key), value: $0)
                }
            }
            return (before, checks)
        }
    }

    /// A value at or before the lowest marker is compared there; one that has moved on since, at its own position.
    private func users(_ keys: LiveKeys.OfTopic, _ positions: Positions) async throws -> [VerificationCheck] {
        let values = try connection.values(keys.users.map(\.key))
        let ends = Dictionary(uniqueKeysWithValues: try await parts.foundations.log.ranges(topic).map { ($0.partition, $0.end) })
        return zip(keys.users, values).compactMap { user, value in
            guard let value else { return nil }
            let partition = parts.viewers.bucket(of: UserID(user.user)).partition
            // A value from beyond the log's end is compared there, and differs.
            let offset = max(min(ValueComparison.applied(value), (ends[partition] ?? 0) - 1), positions.low[partition] ?? -1)
            return VerificationCheck(partition: partition, offset: offset, subject: .user(user.user, key: user.key), value: value)
        }
    }

    // MARK: Replaying

    /// Takes the scratch features to the offsets, these included; answers how many events that took.
    private func replay(to offsets: [Int32: Int64]) throws -> Int64 {
        var setup = parts.jobSetup(topic, namespace: scratch.namespace, entry: entry, emits: false)
        setup.stops = offsets.mapValues { $0 + 1 }
        setup.givenUp = givenUp
        setup.pace = CommitPace.replaying
        setup.titleCommitInterval = CommitPace.titleBehindInterval
        let before = received
        try JobRun(setup).run { false }
        return received - before
    }

    private var received: Int64 {
        parts.board.jobs(of: scratch.namespace).first { $0.topic == topic }?.status.ledger.received ?? 0
    }

    // MARK: Comparing

    private func compare(_ checks: [VerificationCheck], into report: inout Verification.Report) throws {
        let comparison = ValueComparison(topic: topic, catalog: parts.catalogs.current)
        let markers = try scratchMarkers()
        let replayed = try connection.values(checks.map { key(of: $0) })
        for (check, expected) in zip(checks, replayed) {
            var lines: [String]
            switch check.subject {
            case .user:
                report.users += 1
                lines = try comparison.user(expected: expected, found: check.value)
            case .title:
                report.titles += 1
                lines = try comparison.title(expected: expected, found: check.value)
            case .ledger(let bucket, let marker):
                report.ledgers += 1
                lines = comparison.ledger(expected: markers[bucket]?.ledger ?? Ledger(), found: marker.ledger)
            }
            guard !lines.isEmpty else { continue }
            report.differences.append(
                Verification.Difference(
                    topic: topic.name, what: name(of: check), found: lines, likely: cause(lines, markers, check.partition)))
        }
    }

    private func key(of check: VerificationCheck) -> [UInt8] {
        switch check.subject {
        case .user(_, let key), .title(_, let key): scratch.namespacePrefix + key[live.namespacePrefix.count...]
        case .ledger(let bucket, _): scratch.marker(topic: topic.key, bucket: bucket)
        }
    }

    private func name(of check: VerificationCheck) -> String {
        switch check.subject {
        case .user(let user, _): "user \(user)"
        case .title(let title, _): "title \(title) (partition \(check.partition))"
        case .ledger(let bucket, _): "counts of bucket \(bucket.partition).\(bucket.index)"
        }
    }

    private func scratchMarkers() throws -> [Bucket: Marker] {
        let store = JobStore(sharing: connection, keys: scratch, topic: topic)
        var found: [Bucket: Marker] = [:]
        for partition in 0..<Int32(parts.foundations.partitionCount) {
            for (index, marker) in try store.markers(of: partition).buckets.enumerated() {
                found[Bucket(partition: partition, index: Int32(index))] = marker
            }
        }
        return found
    }

    private func cause(_ lines: [String], _ markers: [Bucket: Marker], _ partition: Int32) -> String {
        if lines.contains(where: { $0.contains("a write was lost") || $0.hasPrefix("missing") }) {
            return "Redis lost a write that the marker speaks of, or the value was removed by hand"
        }
        if lines.contains(where: { $0.contains("not from this log") || $0.hasPrefix("unexpected") }) {
            return "the value was written by hand or by a program beside the jobs"
        }
        let versions = Set(markers.values.map(\.definitionVersion) + [entry.definition])
        let others = versions.filter { !isOurs($0) }
        guard others.isEmpty else {
            return "made by another version of the operators, or by a definition that the control store does not hold ("
                + "\(others.sorted().map { "\($0)" }.joined(separator: ", "))); replay into a new namespace and switch"
        }
        return "counted twice or altered by hand; replay into a new namespace and switch"
    }

    /// True where this program computes as the definition says.
    private func isOurs(_ version: Int64) -> Bool {
        guard (try? parts.definitions.holds(version)) == true, let definition = try? parts.definitions.definition(version) else {
            return false
        }
        return definition.codeVersion == Definition.codeVersionOfThisProgram
    }

    /// Values that the replay made and that nothing stands for among those that serve; of certain viewers, or of all and of titles.
    private func findMissing(_ keys: LiveKeys.OfTopic, of users: Set<String>?, into report: inout Verification.Report) throws {
        let known = Set(keys.users.map(\.key) + keys.titles.map(\.key))
        var replayed = try LiveKeys(connection, scratch).keys[topic] ?? .init()
        if let users { replayed.users.removeAll { !users.contains($0.user) } }
        report.knownUsers.formUnion((keys.users + replayed.users).map(\.user))
        let all =
            replayed.users.map { ("user \($0.user)", true, $0.key) } + replayed.titles.map { ("title \($0.title)", false, $0.key) }
        let candidates = all.map {
            (name: $0, isUser: $1, scratchKey: $2, key: live.namespacePrefix + $2[scratch.namespacePrefix.count...])
        }.filter { !known.contains($0.key) }
        for (candidate, value) in zip(candidates, try connection.values(candidates.map(\.key))) where value == nil {
            if candidate.isUser, try isOver(candidate.scratchKey) { continue }
            report.differences.append(
                Verification.Difference(
                    topic: topic.name, what: candidate.name, found: ["missing: the log has events of it, the features nothing"],
                    likely: "Redis lost a write that the marker speaks of, or the value was removed by hand"))
        }
    }

    /// True where the time of a viewer's value, which the replay made anew, is over: a tombstone of long ago, a viewer away for months. Such a
    /// value counts for nothing any more, whether the store has it yet or not.
    private func isOver(_ scratchKey: [UInt8]) throws -> Bool {
        guard let value = try connection.values([scratchKey])[0] else { return false }
        return try value.withUnsafeBytes { try UserValueExpiry.end(of: $0) } <= wallClockMilliseconds()
    }
}
