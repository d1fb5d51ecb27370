package import Events

/// What the features must be, computed from all raw events by the dumbest code that could be right: arrays, sorted and filtered anew for
/// each question. It shares nothing with the operators but the decoded event and the plain identifiers.
///
/// It knows one catalogue and one set of weights for the whole log.
package struct Oracle {
    /// One topic's partition, by which ledgers are kept.
    package struct Place: Hashable, Sendable {
        package var topic: Topic
        package var partition: Int32

        package init(_ topic: Topic, _ partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    package let settings: OracleSettings
    /// Every record once, by place, in the order of offsets, with what becomes of it.
    package private(set) var records: [Place: [(event: OracleEvent, verdict: OracleVerdict)]] = [:]

    private var applied: [Place: [String: [OracleEvent]]] = [:]

    /// `events` may come in any order, and any of them more than once: a record is told by topic, partition and offset.
    package init(_ events: [OracleEvent], settings: OracleSettings) {
        self.settings = settings
        var byPlace: [Place: [OracleEvent]] = [:]
        for event in events { byPlace[Place(event.topic, event.partition), default: []].append(event) }
        for (place, events) in byPlace {
            var distinct: [OracleEvent] = []
            for event in events.sorted(by: { $0.offset < $1.offset }) where distinct.last?.offset != event.offset { distinct.append(event) }
            let records = OracleVerdict.verdicts(of: distinct, settings: settings)
            self.records[place] = records
            for record in records where record.verdict == .applied {
                applied[place, default: [:]][record.event.user, default: []].append(record.event)
            }
        }
    }

    /// Viewers with an applied event on a partition of a topic.
    package func users(of place: Place) -> Set<String> { Set((applied[place] ?? [:]).keys) }

    /// A viewer's applied events on a topic's partition, in log order.
    package func history(of user: String, _ place: Place) -> OracleHistory { OracleHistory(applied: applied[place]?[user] ?? []) }
}
