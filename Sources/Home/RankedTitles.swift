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
        if let key = Self.common(context.standings.first[set], term, context) { keys.append(key) }
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
        return Self.common(standing.follower, Points.points(ofKey: key) - standing.points, context)
    }

    /// The first title of a list from one on that may be shown and stands alone nowhere, with what the set adds.
    @inline(__always)
    private static func common(_ first: UInt64, _ term: Int64, _ context: borrowing ViewerContext) -> UInt64? {
        var key = first
        while key != 0 {
            if context.isCommon(key) { return Points.key(Points.points(ofKey: key) + term, Points.title(ofKey: key)) }
            key = context.standings.titles[Int(Points.title(ofKey: key))].follower
        }
        return nil
    }

    /// Puts a key where it belongs below a place whose own key has gone.
    @inline(__always)
    private mutating func sink(_ key: UInt64, from place: Int) {
        keys.withUnsafeMutableBufferPointer { keys in
            var place = place
            var child = 2 &* place &+ 1
            while child &+ 1 < keys.count {
                // Without a branch, which nobody could predict.
                child &+= keys[child &+ 1] > keys[child] ? 1 : 0
                if keys[child] <= key { break }
                keys[place] = keys[child]
                place = child
                child = 2 &* place &+ 1
            }
            if child &+ 1 == keys.count && keys[child] > key {
                keys[place] = keys[child]
                place = child
            }
            keys[place] = key
        }
    }
}
