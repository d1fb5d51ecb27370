import Catalog
import Events
import Features
import Jobs
import Oracle
import TestSupport
import Testing

/// The small catalogue, in which every third title has no running time, and every seventh no genres.
let patchyCatalog: Catalog = {
    var titles = smallCatalog.titles
    for index in titles.indices {
        if index % 3 == 2 { titles[index].runtimeMilliseconds = 0 }
        if index % 7 == 6 { titles[index].genres = [] }
    }
    return Catalog(version: 1, titles: titles, genreNames: [])
}()

/// What an engine left in the world, held against the oracle.
extension EngineWorld {
    static func oracle(of worlds: [EngineWorld], _ random: inout SplitMix64) -> Oracle {
        var events: [OracleEvent] = []
        for world in worlds { events += world.log.oracleEvents(partition: world.partition) }
        // The oracle must not mind how its input comes.
        events += (0..<events.count / 10).map { _ in events[Int.random(in: 0..<events.count, using: &random)] }
        events.shuffle(using: &random)
        return Oracle(events, settings: OracleSettings(catalog: worlds[0].catalog, tests: worlds[0].settings.tests))
    }

    var place: Oracle.Place { Oracle.Place(log.topic, partition) }

    /// All that differs, in words.
    func differences(from oracle: Oracle) throws -> [String] {
        var found = try ledgerDifferences(from: oracle) + titleDifferences(from: oracle) + emissionDifferences(from: oracle)
        switch log.topic {
        case .play: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<PlayState>)
        case .search: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<SearchState>)
        case .impression: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<ImpressionState>)
        case .feedback: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<FeedbackState>)
        case .quality: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<QualityState>)
        case .error: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<ErrorState>)
        case .experiment: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<ExperimentState>)
        default: found += try userDifferences(from: oracle, oracle.differences(in:of:_:names:at:) as Comparison<AttributionState>)
        }
        return found
    }

    private typealias Comparison<State: TopicState> = (UserValue<State>, String, Oracle.Place, NameTable, [Int64]) -> [String]

    private func userDifferences<State: TopicState>(from oracle: Oracle, _ compare: Comparison<State>) throws -> [String] {
        var names = NameTable()
        var found: [String] = []
        var left = oracle.users(of: place)
        for index in 0..<EngineWorld.bucketCount {
            for (user, bytes) in store.values(under: "u/\(index)/") {
                let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try UserValue<State>(from: bytes, names: &names) }
                if left.remove(user) == nil { found.append("user \(user) has a value and no events") }
                found += compare(value, user, place, names, EngineWorld.times(around: value.logTime))
            }
        }
        return found + left.map { "user \($0) has no value" }
    }

    /// When windows are read: a little before the log time, and up to when they have passed.
    private static func times(around logTime: Int64) -> [Int64] {
        [-299_000, 0, 1_200_000, 18_000_000, 250_000_000, 4_000_000_000].map { logTime + $0 }
    }

    private func titleDifferences(from oracle: Oracle) throws -> [String] {
        var names = NameTable()
        var found: [String] = []
        var expected = oracle.titles(of: place)
        let times = EngineWorld.times(around: oracle.ledger(of: place).logTime)
        for (title, bytes) in store.values(under: "t/") {
            let value = try bytes.withUnsafeBytes { bytes throws(StateError) in try TitleValue(from: bytes, names: &names) }
            found += (expected.removeValue(forKey: title) ?? OracleTitle()).differences(title, value, names: names, at: times)
        }
        return found + expected.keys.map { "title \($0) has no value" }
    }

    private func ledgerDifferences(from oracle: Oracle) throws -> [String] {
        try (0..<EngineWorld.bucketCount).compactMap { index in
            let marker = try marker("m/\(index)") ?? Marker()
            var found = OracleLedger()
            found.received = marker.ledger.received
            found.applied = marker.ledger.applied
            found.duplicates = marker.ledger.duplicates
            found.filtered = marker.ledger.filtered
            found.deadLettered = marker.ledger.deadLettered
            found.logTime = marker.logTime
            found.asOf = marker.asOf
            let expected = oracle.ledger(of: place) { EngineWorld.bucketIndex(of: $0) == index }
            return found == expected ? nil : "bucket \(index): expected \(expected), found \(found)"
        }
    }

    /// Receivers take each once.
    private func emissionDifferences(from oracle: Oracle) -> [String] {
        var forwards: Set<OracleForward> = []
        var deadLetters: Set<String> = []
        var signals: Set<OracleQualitySignal> = []
        for emission in emissions {
            switch emission {
            case .forward(let user, let offset, _, let kind, let test, let variant, let segment, let at):
                forwards.insert(
                    OracleForward(
                        user: String(decoding: user, as: UTF8.self), offset: offset, kind: kind.eventType, test: test, variant: variant,
                        segment: segment, at: at))
            case .deadLetter(let user, let offset, let reason, _):
                deadLetters.insert("\(offset) \(String(decoding: user, as: UTF8.self)) \(reason.rawValue)")
            case .signal(let session, let offset, let rung, let bitrate, let empties, let reason, let at):
                signals.insert(
                    OracleQualitySignal(
                        session: session, offset: offset, rung: Int64(rung), bitrate: bitrate, empties: empties,
                        reason: QualitySignal.Reason(code: reason)?.rawValue ?? "", at: at))
            }
        }
        let expectedSignals = log.topic == .quality ? Set(oracle.signals(of: place)) : []
        return EngineWorld.compare("forward", Set(oracle.forwards(of: place)), forwards)
            + EngineWorld.compare("dead letter", oracle.deadLetters(of: place), deadLetters)
            + EngineWorld.compare("signal", expectedSignals, signals)
    }

    private static func compare<Element: Hashable>(_ name: String, _ expected: Set<Element>, _ found: Set<Element>) -> [String] {
        expected.subtracting(found).map { "\(name): expected \($0)" } + found.subtracting(expected).map { "\(name): found \($0)" }
    }
}

extension Emission.ForwardKind {
    var eventType: EventType {
        switch self {
        case .impression: .attributionImpression
        case .play: .attributionPlay
        case .assignment: .attributionAssignment
        }
    }
}

extension EngineLog {
    fileprivate func oracleEvents(partition: Int32) -> [OracleEvent] {
        maker.bytes.withUnsafeBytes { bytes in
            records.map {
                OracleEvent($0.event, key: $0.key, bytes: bytes, topic: topic, partition: partition, fault: $0.fault?.rawValue)
            }
        }
    }

    /// The attribution log that forwards make, from the jobs of impressions, plays and assignments and as often as they were sent: ids are
    /// those of the service. An erasure stands on the other topics a little beyond what was forwarded of them before it.
    static func attribution(of worlds: [EngineWorld], _ random: inout SplitMix64) -> EngineLog {
        var log = EngineLog(.attribution)
        var left = worlds.map { Array($0.emissions.reversed()) }
        var reached = worlds.map { _ in Int64(-1) }
        while let place = left.indices.filter({ !left[$0].isEmpty }).randomElement(using: &random) {
            guard let emission = left[place].popLast(),
                case .forward(let user, let offset, let index, let kind, let test, let variant, let segment, let at) = emission
            else { continue }
            reached[place] = max(reached[place], offset)
            log.appendTime = max(log.appendTime, at) + Int64.random(in: 0...3000, using: &random)
            log.append(kind.eventType, user: String(decoding: user, as: UTF8.self)) { event, maker in
                event.id = EventID(topic: worlds[place].log.topic, partition: worlds[place].partition, offset: offset, index: index)
                event.timestamp = at
                event.text = maker.slice(test)
                event.detail = maker.slice(variant)
                event.segment = maker.slice(segment)
                event.number = offset
            }
            if Int.random(in: 0..<60, using: &random) == 0 {
                let offsets = reached.map { $0 + Int64.random(in: 0...30, using: &random) }
                log.appendErasure(of: String(decoding: user, as: UTF8.self), upTo: offsets)
            }
        }
        return log
    }
}
