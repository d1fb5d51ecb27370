import Events

/// A viewer's applied events on one topic.
package struct OracleHistory: Sendable {
    package let applied: [OracleEvent]
    /// Where log time went on by a step of five minutes, which is when things expire: after the event with this index, at this time.
    let steps: [(index: Int, time: Int64)]
    /// Events that find nothing of what was before: the viewer was away for 90 days of log time, or for seven after an erasure.
    let returns: [Int]

    init(applied: [OracleEvent]) {
        self.applied = applied
        let step = 5 * minute
        var steps: [(index: Int, time: Int64)] = []
        var returns: [Int] = []
        /// The erasures that the features remember, and whether nothing has come after the last but what had been done before one of them.
        var erasures: [OracleEvent] = []
        var isErased = false
        var newest: Int64 = 0
        for index in applied.indices {
            let event = applied[index]
            let before = newest
            newest = max(newest, event.appendTime)
            let time = event.appendTime / step * step
            if index > 0 && event.appendTime - before > (isErased ? 7 : 90) * day {
                returns.append(index)
                (erasures, isErased) = ([], false)
            } else if before > 0 && time > before / step * step {
                steps.append((index, time))
            }
            if event.type == .userErased {
                erasures.append(event)
                isErased = true
            } else if !erasures.contains(where: event.comesOfBefore) {
                isErased = false
            }
        }
        self.steps = steps
        self.returns = returns
    }

    /// Append time of the newest applied record.
    package var logTime: Int64 { applied.map(\.appendTime).max() ?? 0 }
    /// True where nothing came after an erasure but what had been done before it.
    package var isErased: Bool { lives.count > 1 && life.events.isEmpty }

    /// The greatest offsets among impressions, plays and assignments that erasures since the last return told; empty where none did.
    package var erasedUpTo: [Int64] {
        erasures(before: applied.count).map(\.sourceOffsets).filter { !$0.isEmpty }.reduce([]) { greatest, told in
            zip(greatest + [-1, -1, -1], told + [-1, -1]).prefix(3).map { max($0, $1) }
        }
    }

    /// What came after the last erasure or return: all that features know.
    package var life: OracleLife { lives.last ?? OracleLife(events: [], steps: steps) }

    /// The erasures that the features remember when the event at `index` comes.
    private func erasures(before index: Int) -> [OracleEvent] {
        let last = returns.last { $0 <= index } ?? 0
        return applied[last..<index].filter { $0.type == .userErased }
    }

    /// Forwards that features know nothing of: of what was done before an erasure that they came after.
    package var lateCount: Int {
        applied.count { $0.type != .userErased } - lives.reduce(0) { $0 + $1.events.count }
    }

    /// The events between erasures and returns; what was counted of them elsewhere stays.
    package var lives: [OracleLife] {
        let ends = applied.indices.filter { applied[$0].type == .userErased }
        let starts = Set([0] + ends.map { $0 + 1 } + returns).sorted()
        return starts.map { start in
            let end = (ends + starts.filter { $0 > start } + [applied.count]).filter { $0 >= start }.min() ?? start
            let past = erasures(before: start)
            let known = (start..<end).filter { index in !past.contains { applied[index].comesOfBefore($0) } }
            return OracleLife(events: known.map { ($0, applied[$0]) }, steps: steps)
        }
    }
}

extension OracleEvent {
    /// True for a forward of a record that stands before the erasure on its own topic, as both tell.
    fileprivate func comesOfBefore(_ erasure: OracleEvent) -> Bool {
        let places: [EventType: Int] = [.attributionImpression: 0, .attributionPlay: 1, .attributionAssignment: 2]
        guard let place = places[type], place < erasure.sourceOffsets.count, let source = number, source >= 0 else { return false }
        return source <= erasure.sourceOffsets[place]
    }
}

/// A viewer's events between two erasures or returns, with their indices in the history.
package struct OracleLife: Sendable {
    var events: [(index: Int, event: OracleEvent)]
    var steps: [(index: Int, time: Int64)]

    /// Event time of the newest event.
    var asOf: Int64 { events.map(\.event.timestamp).max() ?? 0 }

    /// Where the newest event came from; of equal times the one later on the log.
    var region: String { events.last { $0.event.timestamp == asOf }?.event.region ?? "" }

    /// True where an expiry with one of the events that came in `indices` found `at` too old.
    func hasExpired(_ at: Int64, retention: Int64, in indices: Range<Int>) -> Bool {
        steps.contains { indices.contains($0.index) && $0.time - at > retention }
    }
}

/// Something that an event says of a title, a query, or nothing in particular.
struct OracleMention {
    var index: Int
    var key: String
    var at: Int64
    var event: OracleEvent
}

extension OracleLife {
    func mentions(key: (OracleEvent) -> String?) -> [OracleMention] {
        events.compactMap { index, event in
            key(event).map { OracleMention(index: index, key: $0, at: event.timestamp, event: event) }
        }
    }

    /// What a list without keys holds after the event `last`, before anything expires with it: the latest that have not expired.
    func kept(_ mentions: [OracleMention], upTo last: Int = Int.max, countMax: Int, retention: Int64) -> [OracleMention] {
        let left = mentions.filter { $0.index <= last && !hasExpired($0.at, retention: retention, in: $0.index..<last) }
        return Array(ascending(left) { $0.at }.suffix(countMax))
    }

    /// What a list with one entry a key holds at the end (`standing`, ascending by newest mention), and entries that were driven out or
    /// expired, each with the mentions that came while it stood. Where `newestDecides`, a mention older than the entry is ignored.
    func entries(
        _ mentions: [OracleMention], countMax: Int, retention: Int64 = Int64.max, newestDecides: Bool = false
    ) -> (standing: [[OracleMention]], gone: [[OracleMention]]) {
        var standing: [[OracleMention]] = []
        var gone: [[OracleMention]] = []
        func newest(_ entry: [OracleMention]) -> Int64 { entry.map(\.at).max() ?? 0 }
        func expire(in indices: Range<Int>) {
            gone += standing.filter { hasExpired(newest($0), retention: retention, in: indices) }
            standing.removeAll { hasExpired(newest($0), retention: retention, in: indices) }
        }
        var reached = 0
        for mention in mentions {
            expire(in: reached..<mention.index)
            reached = mention.index
            let known = standing.first { $0[0].key == mention.key } ?? []
            if newestDecides && !known.isEmpty && newest(known) > mention.at { continue }
            standing.removeAll { $0[0].key == mention.key }
            standing = ascending(standing + [known + [mention]], newest)
            gone += standing.dropLast(countMax)
            standing = Array(standing.suffix(countMax))
        }
        expire(in: reached..<Int.max)
        return (standing, gone)
    }
}

/// Sorted by time; of equal times the one that came first stays first.
func ascending<Element>(_ list: [Element], _ time: (Element) -> Int64) -> [Element] {
    list.enumerated().sorted { (time($0.element), $0.offset) < (time($1.element), $1.offset) }.map(\.element)
}
