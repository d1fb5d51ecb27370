// hot path
package import Events
package import Features

/// The feedback job: ratings, hidden titles, my list, removals from continue watching; in each the newest event time of a title decides,
/// whatever the order of arrival (of equal times the one later on the log).
///
/// Taste is the sum of what stands: a new rating takes back what the old one gave, a removal from the list what the addition gave.
extension FeedbackState: TopicOperator {
    package mutating func apply(
        _ event: Event, bytes: UnsafeRawBufferPointer, in context: inout JobContext
    ) -> DeadLetterReason? {
        guard let title = context.requiredID(event.title, bytes) else { return .badValue }
        let at = event.timestamp
        switch event.type {
        case .titleRated:
            guard event.value >= 0.5 && event.value <= 5 else { return .badValue }
            rate(Rating(title: title, tenths: Int32((event.value * 10).rounded()), at: at), in: &context)
        case .titleHidden: FeedbackState.mark(Mark(title: title, isSet: true, at: at), in: &hidden)
        case .myListAdded: list(Mark(title: title, isSet: true, at: at), in: &context)
        case .myListRemoved: list(Mark(title: title, isSet: false, at: at), in: &context)
        case .continueWatchingRemoved: FeedbackState.mark(Mark(title: title, isSet: true, at: at), in: &continueWatchingRemoved)
        default: return .wrongTopic
        }
        asOf = max(asOf, at)
        return nil
    }

    package mutating func expire(logTime: Int64) { taste.expire(logTime: logTime) }

    private mutating func rate(_ rating: Rating, in context: inout JobContext) {
        if let place = ratings.firstIndex(where: { $0.title == rating.title }) {
            if ratings[place].at > rating.at { return }
            let old = ratings.remove(at: place)
            taste.add(title: old.title, weight: -FeedbackState.weight(of: old, context.settings), at: old.at, in: &context)
        }
        taste.add(title: rating.title, weight: FeedbackState.weight(of: rating, context.settings), at: rating.at, in: &context)
        insert(rating, into: &ratings, countMax: FeedbackState.entryCountMax) { $0.at }
    }

    private mutating func list(_ mark: Mark, in context: inout JobContext) {
        let known = myList.first { $0.title == mark.title }
        guard FeedbackState.mark(mark, in: &myList) else { return }
        let weight = context.settings.listAddition
        if let known, known.isSet { taste.add(title: known.title, weight: -weight, at: known.at, in: &context) }
        if mark.isSet { taste.add(title: mark.title, weight: weight, at: mark.at, in: &context) }
    }

    /// Takes a mark unless a newer one of its title is known; answers whether it was taken.
    @discardableResult
    private static func mark(_ mark: Mark, in marks: inout [Mark]) -> Bool {
        if let place = marks.firstIndex(where: { $0.title == mark.title }) {
            if marks[place].at > mark.at { return false }
            marks.remove(at: place)
        }
        insert(mark, into: &marks, countMax: entryCountMax) { $0.at }
        return true
    }

    private static func weight(of rating: Rating, _ settings: borrowing JobSettings) -> Int64 {
        settings.rating * Int64(rating.tenths - 30) / 20
    }
}
