// hot path
package import Events
package import Features

/// The search job: recent searches with the result that was clicked, and taste by clicks.
extension SearchState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        switch event.type {
        case .searchQuery:
            record(context.text(event.text, bytes), clicked: .none, at: event.timestamp)
        case .searchResultClick:
            guard let title = context.requiredID(event.title, bytes) else { return .badValue }
            record(context.text(event.text, bytes), clicked: title, at: event.timestamp)
            taste.add(title: title, weight: context.settings.searchClick, at: event.timestamp, in: &context)
        default: return .wrongTopic
        }
        asOf = max(asOf, event.timestamp)
        return nil
    }

    package mutating func expire(logTime: Int64) { taste.expire(logTime: logTime) }

    /// Keeps one entry a query with the time of its newest event; a click stays until one that is not older than the entry.
    private mutating func record(_ query: Name, clicked: Name, at: Int64) {
        if query.isNone { return }
        var search = RecentSearch(query: query, clicked: clicked, at: at)
        if let place = searches.firstIndex(where: { $0.query == query }) {
            let known = searches.remove(at: place)
            if clicked.isNone || (!known.clicked.isNone && at < known.at) { search.clicked = known.clicked }
            search.at = max(at, known.at)
        }
        insert(search, into: &searches, countMax: SearchState.searchCountMax) { $0.at }
    }
}
