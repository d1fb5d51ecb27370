import Events

/// A search as the recent searches tell it.
package struct OracleSearch: Hashable, Sendable {
    package var query: String
    package var clicked: String
    package var at: Int64
}

/// A title shown lately.
package struct OracleShown: Hashable, Sendable {
    package var title: String
    package var count: Int64
    package var at: Int64
}

/// A rating; `tenths` is 5…50.
package struct OracleRating: Hashable, Sendable {
    package var title: String
    package var tenths: Int64
    package var at: Int64
}

/// A title marked or unmarked.
package struct OracleMark: Hashable, Sendable {
    package var title: String
    package var isSet: Bool
    package var at: Int64
}

/// An error of a player or app.
package struct OracleError: Hashable, Sendable {
    package var code: String
    package var title: String
    package var isFatal: Bool
    package var at: Int64
}

/// A viewer's place in a test.
package struct OracleAssignment: Hashable, Sendable {
    package var test: String
    package var variant: String
    package var segment: String
    package var permille: Int64
    package var at: Int64
}

extension OracleLife {
    /// The last ten queries; a click stays until one that is not older than the entry.
    package var searches: [OracleSearch] {
        entries(mentions { $0.text.isEmpty ? nil : cut($0.text) }, countMax: 10).standing.map { entry in
            var search = OracleSearch(query: entry[0].key, clicked: "", at: 0)
            for mention in entry {
                let isClick = mention.event.type == .searchResultClick
                if isClick && (search.clicked.isEmpty || mention.at >= search.at) { search.clicked = mention.event.title }
                search.at = max(search.at, mention.at)
            }
            return search
        }
    }

    /// A text of more than 128 bytes loses its end, by whole characters of Unicode's.
    private func cut(_ text: String) -> String {
        var scalars = text.unicodeScalars
        while String(scalars).utf8.count > 128 { scalars.removeLast() }
        return String(scalars)
    }

    /// The last forty titles shown in fourteen days, with how often.
    package var shown: [OracleShown] {
        let all = events.flatMap { index, event in
            shownTitles(event).map { OracleMention(index: index, key: $0, at: event.timestamp, event: event) }
        }
        return entries(all, countMax: 40, retention: 14 * day).standing.map { entry in
            OracleShown(title: entry[0].key, count: Int64(entry.count), at: entry.map(\.at).max() ?? 0)
        }
    }

    /// The last ten errors of thirty days.
    package var errors: [OracleError] {
        kept(mentions { _ in "" }, countMax: 10, retention: 30 * day).map { mention in
            let event = mention.event
            let isFatal = event.flag || event.type == .playbackFailed
            return OracleError(code: cut(event.text), title: event.title, isFatal: isFatal, at: mention.at)
        }
    }

    /// The tests that the viewer is in.
    package var assignmentList: [OracleAssignment] {
        assignments.suffix(64).map { mention in
            let event = mention.event
            return OracleAssignment(
                test: event.text, variant: event.detail, segment: event.segment, permille: Int64((event.value * 1000).rounded()),
                at: event.timestamp)
        }
    }
}

/// What the feedback job must know of a viewer: in each list 200 titles, of each what the newest event said.
package struct OracleFeedback: Sendable {
    package var ratings: [OracleRating]
    package var hidden: [OracleMark]
    package var myList: [OracleMark]
    package var continueWatchingRemoved: [OracleMark]
    /// Of what stands, or stood until it was driven out.
    package var signals: [OracleSignal]

    package init(_ life: OracleLife, settings: OracleSettings) {
        func latest(_ isMeant: (OracleEvent) -> Bool) -> (standing: [OracleEvent], all: [OracleEvent]) {
            let lists = life.entries(life.mentions { isMeant($0) ? $0.title : nil }, countMax: 200, newestDecides: true)
            let standing = lists.standing.compactMap(\.last?.event)
            return (standing, standing + lists.gone.compactMap(\.last?.event))
        }
        func tenths(_ event: OracleEvent) -> Int64 { Int64((event.value * 10).rounded()) }
        func marks(_ events: [OracleEvent]) -> [OracleMark] {
            events.map { OracleMark(title: $0.title, isSet: $0.type != .myListRemoved, at: $0.timestamp) }
        }
        let rated = latest { $0.type == .titleRated }
        let listed = latest { $0.type == .myListAdded || $0.type == .myListRemoved }
        ratings = rated.standing.map { OracleRating(title: $0.title, tenths: tenths($0), at: $0.timestamp) }
        hidden = marks(latest { $0.type == .titleHidden }.standing)
        myList = marks(listed.standing)
        continueWatchingRemoved = marks(latest { $0.type == .continueWatchingRemoved }.standing)
        signals = rated.all.map {
            OracleSignal(title: $0.title, weight: settings.rating * (tenths($0) - 30) / 20, at: $0.timestamp)
        }
        signals += listed.all.filter { $0.type == .myListAdded }.map {
            OracleSignal(title: $0.title, weight: settings.listAddition, at: $0.timestamp)
        }
    }
}
