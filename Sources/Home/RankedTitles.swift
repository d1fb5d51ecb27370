// hot path

/// Titles in the order of a score, found one at a time: a heap with the best title of each list that is in order already. Titles that the
/// viewer's state speaks of stand in it alone, all others by their sets of genres, so that nobody looks at the whole catalogue.
struct RankedTitles: Sendable {
    /// Points and title of each list's best; the lists themselves are those of `RegionStandings.ordered`.
    private var keys: [UInt64] = []
    private var isHeap = false
    /// No set was added: every title stands alone.
    private var hasSets = false

    /// Adds a title that stands alone: one that the viewer's state speaks of, or any where no set is added.
    mutating func add(_ title: Int32, points: Int64) { keys.append(Points.key(points, title)) }

    /// Adds the titles of a set of genres that the viewer's state does not speak of, with what the set adds to their points.
    mutating func add(set: Int, term: Int64, _ context: borrowing ViewerContext) {
        hasSets = true
        let starts = context.standings.starts
        if let key = Self.best(Int(starts[set])..<Int(starts[set + 1]), term, context) { keys.append(key) }
    }

    mutating func reserve(_ count: Int) { keys.reserveCapacity(count) }

    /// The key of the next best title, nil where there are no more.
    mutating func next(_ context: borrowing ViewerContext) -> UInt64? {
        if !isHeap {
            for place in stride(from: keys.count / 2 - 1, through: 0, by: -1) { sink(keys[place], from: place) }
            isHeap = true
        }
        guard let first = keys.first else { return nil }
        if let follower = follower(of: first, context) {
            sink(follower, from: 0)
        } else {
            let last = keys.removeLast()
            if !keys.isEmpty { sink(last, from: 0) }
        }
        return first
    }

    /// What follows a title in its list.
    private func follower(of key: UInt64, _ context: borrowing ViewerContext) -> UInt64? {
        let title = Int(Points.title(ofKey: key))
        if !hasSets || context.titles.has(title) { return nil }
        let standing = context.standings.titles[title]
        let rest = Int(standing.place) + 1..<Int(context.standings.starts[Int(standing.set) + 1])
        return Self.best(rest, Points.points(ofKey: key) - standing.points, context)
    }

    /// The first of a list's titles that may be shown to the viewer and stands alone nowhere.
    private static func best(_ places: Range<Int>, _ term: Int64, _ context: borrowing ViewerContext) -> UInt64? {
        let limit = context.request.maturityLimit
        for place in places {
            let title = context.standings.ordered[place]
            if Int(title.maturity) <= limit && !context.titles.has(Int(title.title)) { return Points.key(title.points + term, title.title) }
        }
        return nil
    }

    /// Puts a key where it belongs below a place whose own key has gone.
    private mutating func sink(_ key: UInt64, from place: Int) {
        keys.withUnsafeMutableBufferPointer { keys in
            var place = place
            while true {
                var child = 2 * place + 1
                if child >= keys.count { break }
                if child + 1 < keys.count && keys[child + 1] > keys[child] { child += 1 }
                if keys[child] <= key { break }
                keys[place] = keys[child]
                place = child
            }
            keys[place] = key
        }
    }
}
