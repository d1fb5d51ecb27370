import Events
import Features
import Jobs
import Oracle

/// Holds what is stored against what the log says.
struct Comparison {
    let oracle: Oracle
    let stored: StoredFeatures
    private(set) var judgement = Judgement()

    init(oracle: Oracle, stored: StoredFeatures) {
        self.oracle = oracle
        self.stored = stored
    }

    /// One topic's partition: values of viewers, of titles, ledgers.
    mutating func compare(_ place: Oracle.Place) throws {
        switch place.topic {
        case .play: try users(place, oracle.differences(in:of:_:names:at:) as Compare<PlayState>)
        case .search: try users(place, oracle.differences(in:of:_:names:at:) as Compare<SearchState>)
        case .impression: try users(place, oracle.differences(in:of:_:names:at:) as Compare<ImpressionState>)
        case .feedback: try users(place, oracle.differences(in:of:_:names:at:) as Compare<FeedbackState>)
        case .quality: try users(place, oracle.differences(in:of:_:names:at:) as Compare<QualityState>)
        case .error: try users(place, oracle.differences(in:of:_:names:at:) as Compare<ErrorState>)
        case .experiment: try users(place, oracle.differences(in:of:_:names:at:) as Compare<ExperimentState>)
        case .attribution: try users(place, oracle.differences(in:of:_:names:at:) as Compare<AttributionState>)
        case .deadLetters: break
        }
        try titles(place)
        ledgers(place)
    }

    private typealias Compare<State: TopicState> = (UserValue<State>, String, Oracle.Place, NameTable, [Int64]) -> [String]

    private mutating func users<State: TopicState>(_ place: Oracle.Place, _ compare: Compare<State>) throws {
        var names = NameTable()
        var left = oracle.users(of: place)
        for (user, bytes) in stored.users[place] ?? [] {
            judgement.noteCompared("values of viewers")
            let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue<State>(from: bytes, names: &names) }
            guard left.remove(user) != nil else {
                judgement.addDoubled("\(place.topic.name): user \(user) has a value and no events")
                continue
            }
            judgement.add(compare(value, user, place, names, Comparison.times(around: value.logTime)))
        }
        for user in left { judgement.addLost("\(place.topic.name): user \(user) has events and no value") }
    }

    /// When windows are read: a little before the log time, and up to when they have passed.
    private static func times(around logTime: Int64) -> [Int64] {
        [-299_000, 0, 1_200_000, 18_000_000, 250_000_000, 4_000_000_000].map { logTime + $0 }
    }

    private mutating func titles(_ place: Oracle.Place) throws {
        var names = NameTable()
        var expected = oracle.titles(of: place)
        let times = Comparison.times(around: oracle.ledger(of: place).logTime)
        for (title, bytes) in stored.titles[place] ?? [] {
            judgement.noteCompared("values of titles")
            let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try TitleValue(from: bytes, names: &names) }
            let differences = (expected.removeValue(forKey: title) ?? OracleTitle()).differences(title, value, names: names, at: times)
            judgement.add(differences.map { "\(place.topic.name) partition \(place.partition), \($0)" })
        }
        for title in expected.keys { judgement.addLost("\(place.topic.name): title \(title) has events and no value") }
    }

    private mutating func ledgers(_ place: Oracle.Place) {
        for index in 0..<Int32(StoredFeatures.keys.bucketsPerPartition) {
            judgement.noteCompared("ledgers")
            let expected = oracle.ledger(of: place) { key in
                StoredFeatures.keys.bucket(user: UserID(key), partition: place.partition).index == index
            }
            let marker = stored.markers[place]?[index] ?? Marker()
            let name = "\(place.topic.name) bucket \(place.partition).\(index)"
            judgement.compare("\(name), received", expected: expected.received, found: marker.ledger.received)
            judgement.compare("\(name), applied", expected: expected.applied, found: marker.ledger.applied)
            judgement.compare("\(name), duplicates", expected: expected.duplicates, found: marker.ledger.duplicates)
            judgement.compare("\(name), filtered", expected: expected.filtered, found: marker.ledger.filtered)
            judgement.compare("\(name), dead-lettered", expected: expected.deadLettered, found: marker.ledger.deadLettered)
            if expected.logTime != marker.logTime || expected.asOf != marker.asOf {
                judgement.addMismatch(
                    "\(name): expected log time \(expected.logTime), as of \(expected.asOf); found \(marker.logTime), \(marker.asOf)")
            }
        }
    }

    // MARK: What jobs wrote to the log

    /// Forwards, each id once: the ids tell what they came of.
    mutating func compareForwards(_ records: [OracleEvent]) {
        var found: [EventID: OracleForward] = [:]
        for record in records where record.fault == nil && record.type.topic == .attribution {
            guard let source = record.id.source else {
                judgement.addDoubled("attribution_events: the id \(record.id.text) is of no record")
                continue
            }
            if record.number != source.offset {
                judgement.addMismatch(
                    "attribution_events: the id \(record.id.text) is of offset \(source.offset), source_offset says \(record.number ?? -1)")
            }
            let forward = OracleForward(
                user: record.user, offset: source.offset, kind: record.type, test: record.text, variant: record.detail,
                segment: record.segment, at: record.timestamp)
            if let other = found.updateValue(forward, forKey: record.id), other != forward {
                judgement.addMismatch("attribution_events: the id \(record.id.text) stands for \(other) and for \(forward)")
            }
        }
        for topic in [Topic.play, .impression, .experiment] {
            for partition in 0..<Int32(RawLog.partitionCount) {
                let place = Oracle.Place(topic, partition)
                let some = found.filter { $0.key.source?.place == place }.map(\.value)
                let expected = oracle.forwards(of: place)
                judgement.compare("forwards", expected: Set(expected), found: Set(some))
                judgement.compare("forwards of \(topic.name) \(partition), ids", expected: Int64(expected.count), found: Int64(some.count))
            }
        }
    }

    /// Dead letters, each id once.
    mutating func compareDeadLetters(_ records: [OracleEvent]) {
        var found: [Oracle.Place: Set<String>] = [:]
        for record in records where record.fault == nil {
            guard let source = record.id.source else { continue }
            found[source.place, default: []].insert("\(source.offset) \(record.key) \(record.text)")
        }
        for place in oracle.records.keys {
            judgement.compare("dead letters", expected: oracle.deadLetters(of: place), found: found[place] ?? [])
        }
    }

    // MARK: Signals

    /// A session's stream holds its newest signals: 64 at least where there were more. In a cluster streams and markers have nodes of their
    /// own, and what a node of streams forgets is behind the markers of others: signals that are missing are told, and are no loss.
    mutating func compareSignals(_ streams: StoredSignals, mayBeForgotten: Bool) {
        var expected: [String: [OracleQualitySignal]] = [:]
        for partition in 0..<Int32(RawLog.partitionCount) {
            for signal in oracle.signals(of: Oracle.Place(.quality, partition)) { expected[signal.session, default: []].append(signal) }
        }
        for (session, signals) in expected {
            let sorted = signals.sorted { $0.offset < $1.offset }
            let kept = max(min(sorted.count, 64), streams.signals[session]?.count ?? 0)
            let found = Set(streams.signals[session] ?? [])
            var due = Set(sorted.suffix(kept))
            if mayBeForgotten {
                judgement.noteCompared("signals forgotten by a node", due.subtracting(found).count)
                due.formIntersection(found)
            }
            judgement.compare("signals", expected: due, found: found)
        }
        for (session, signals) in streams.signals where expected[session] == nil {
            judgement.addDoubled("signals: session \(session) has \(signals.count) and should have none")
        }
    }

    mutating func addMismatch(_ line: String) { judgement.addMismatch(line) }
}
