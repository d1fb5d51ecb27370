import Events
import Features
import Jobs
import Testing

/// All that a partition's job leaves in the world, in a form that does not depend on how often it died on the way.
struct EngineOutcome {
    /// Viewers' features, and whether they are erased.
    var users: [String: [UInt8]] = [:]
    /// Fingerprints of viewers' last 128 events of a day of log time.
    var recentIDs: [String: [UInt64]] = [:]
    /// Title states.
    var titles: [String: [UInt8]] = [:]
    /// Ledger, log time and event time by bucket.
    var markers: [String] = []
    var forwards: Set<String> = []
    var deadLetters: Set<String> = []
    var signals: Set<String> = []

    /// What differs, in words; empty where nothing does.
    func differences(from other: EngineOutcome) -> [String] {
        var found: [String] = []
        for user in Set(users.keys).union(other.users.keys) where users[user] != other.users[user] { found.append("viewer \(user)") }
        for user in users.keys where recentIDs[user] != other.recentIDs[user] { found.append("recent ids of \(user)") }
        for title in Set(titles.keys).union(other.titles.keys) where titles[title] != other.titles[title] { found.append("title \(title)") }
        if markers != other.markers { found.append("markers \(markers) instead of \(other.markers)") }
        for (name, mine, theirs) in [
            ("forward", forwards, other.forwards), ("dead letter", deadLetters, other.deadLetters), ("signal", signals, other.signals),
        ] {
            found += mine.subtracting(theirs).map { "\(name) too many: \($0)" } + theirs.subtracting(mine).map { "\(name) missing: \($0)" }
        }
        return found
    }

    static func spell(_ marker: Marker) -> String {
        let ledger = marker.ledger
        #expect(ledger.received == ledger.applied + ledger.duplicates + ledger.filtered + ledger.deadLettered)
        return "received \(ledger.received) applied \(ledger.applied) duplicates \(ledger.duplicates) filtered \(ledger.filtered) "
            + "dead \(ledger.deadLettered) log \(marker.logTime) as of \(marker.asOf) at \(marker.position.generation).\(marker.position.offset)"
    }

    static func bytes<State: TopicState>(_ state: State, isErased: Bool, names: borrowing NameTable) -> [UInt8] {
        var writer = StateWriter()
        writer.flag(isErased)
        state.encode(into: &writer, names: names)
        return writer.bytes
    }

    static func bytes(_ state: TitleState, names: borrowing NameTable) -> [UInt8] {
        var writer = StateWriter()
        state.encode(into: &writer, names: names)
        return writer.bytes
    }
}

extension EngineWorld {
    var outcome: EngineOutcome {
        get throws {
            switch log.topic {
            case .play: try outcome(PlayState.self)
            case .search: try outcome(SearchState.self)
            case .impression: try outcome(ImpressionState.self)
            case .feedback: try outcome(FeedbackState.self)
            case .quality: try outcome(QualityState.self)
            case .error: try outcome(ErrorState.self)
            case .experiment: try outcome(ExperimentState.self)
            default: try outcome(AttributionState.self)
            }
        }
    }

    private func outcome<State: TopicState>(_: State.Type) throws -> EngineOutcome {
        var outcome = EngineOutcome()
        var names = NameTable()
        for index in 0..<EngineWorld.bucketCount {
            for (user, bytes) in store.values(under: "u/\(index)/") {
                let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue<State>(from: bytes, names: &names) }
                #expect(EngineWorld.bucketIndex(of: user) == index)
                outcome.users[user] = EngineOutcome.bytes(value.state, isErased: value.isErased, names: names)
                outcome.recentIDs[user] = value.recentIDs.entries.suffix(RecentIDs.countMax).filter {
                    value.logTime - $0.appendTime <= RecentIDs.keptMilliseconds
                }.map(\.fingerprint)
            }
            outcome.markers.append(EngineOutcome.spell(try marker("m/\(index)") ?? Marker()))
        }
        for (title, bytes) in store.values(under: "t/") {
            let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try TitleValue(from: bytes, names: &names) }
            outcome.titles[title] = EngineOutcome.bytes(value.state, names: names)
        }
        outcome.forwards = forwards
        outcome.deadLetters = deadLetters
        outcome.signals = Set(store.values(under: "s/").values.map { String(decoding: $0, as: UTF8.self) })
        return outcome
    }
}
