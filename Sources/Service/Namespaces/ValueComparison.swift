import Catalog
import Events
import Features
import Jobs

/// Compares what serves with what the replay made: all features, the applied position and the recent ids; not what depends on when a
/// commit happened (the outbox, ids kept beyond the last 128).
struct ValueComparison {
    let topic: Topic
    let catalog: Catalog

    /// What differs between two values of a viewer, in words; empty where nothing does.
    func user(expected: [UInt8]?, found: [UInt8]?) throws -> [String] {
        switch topic {
        case .play: try user(PlayState.self, expected, found)
        case .search: try user(SearchState.self, expected, found)
        case .impression: try user(ImpressionState.self, expected, found)
        case .feedback: try user(FeedbackState.self, expected, found)
        case .quality: try user(QualityState.self, expected, found)
        case .error: try user(ErrorState.self, expected, found)
        case .experiment: try user(ExperimentState.self, expected, found)
        case .attribution: try user(AttributionState.self, expected, found)
        case .deadLetters: preconditionFailure("dead letters have no features")
        }
    }

    /// What differs between two values of a title.
    func title(expected: [UInt8]?, found: [UInt8]?) throws -> [String] {
        guard let expected, let found else { return missing(expected, found) }
        // As most are; what differs in bytes may still say the same.
        if expected == found { return [] }
        var (names, others) = (NameTable(), NameTable())
        let a = try expected.withUnsafeBytes { try TitleValue(from: $0, names: &names) }
        let b = try found.withUnsafeBytes { try TitleValue(from: $0, names: &others) }
        var lines = position(a.applied, b.applied)
        lines += StateText.differences(
            expected: StateText(a.state, names: names, catalog: catalog, at: 0),
            found: StateText(b.state, names: others, catalog: catalog, at: 0))
        return lines
    }

    func ledger(expected: Ledger, found: Ledger) -> [String] {
        let kinds: [(String, KeyPath<Ledger, Int64>)] = [
            ("received", \.received), ("applied", \.applied), ("duplicates", \.duplicates), ("filtered", \.filtered),
            ("dead-lettered", \.deadLettered),
        ]
        return kinds.filter { expected[keyPath: $0.1] != found[keyPath: $0.1] }.map {
            "\($0.0): expected \(expected[keyPath: $0.1]), found \(found[keyPath: $0.1])"
        }
    }

    /// The applied position of a value, which begins with it.
    static func applied(_ value: [UInt8]) -> Int64 {
        value.count < 16 ? -1 : value[8..<16].reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }

    private func user<State: TopicState>(_: State.Type, _ expected: [UInt8]?, _ found: [UInt8]?) throws -> [String] {
        guard let expected, let found else { return missing(expected, found) }
        // As most are; what differs in bytes may still say the same.
        if expected == found { return [] }
        var (names, others) = (NameTable(), NameTable())
        let a = try expected.withUnsafeBytes { try UserValue<State>(from: $0, names: &names) }
        let b = try found.withUnsafeBytes { try UserValue<State>(from: $0, names: &others) }
        var lines = position(a.applied, b.applied)
        if a.isErased != b.isErased { lines.append("erased: expected \(a.isErased), found \(b.isErased)") }
        if recent(a) != recent(b) { lines.append("recent ids: expected \(recent(a).count), found \(recent(b).count), or others") }
        lines += StateText.differences(
            expected: StateText(a.state, names: names, catalog: catalog, at: a.state.asOf),
            found: StateText(b.state, names: others, catalog: catalog, at: a.state.asOf))
        return lines
    }

    private func recent<State: TopicState>(_ value: UserValue<State>) -> [RecentIDs.Entry] {
        value.recentIDs.entries.suffix(RecentIDs.countMax).filter { value.logTime - $0.appendTime <= RecentIDs.keptMilliseconds }
    }

    private func position(_ expected: Position, _ found: Position) -> [String] {
        if found.offset < expected.offset {
            return ["applied up to offset \(found.offset), the log has more up to \(expected.offset): a write was lost"]
        }
        if found.offset > expected.offset {
            return ["applied up to offset \(found.offset), the log has nothing of it after \(expected.offset): it is not from this log"]
        }
        return []
    }

    private func missing(_ expected: [UInt8]?, _ found: [UInt8]?) -> [String] {
        if expected == nil && found == nil { return [] }
        return [found == nil ? "missing: the log has events of it, the features nothing" : "unexpected: the log has no event of it"]
    }
}
