// hot path

/// Titles in the order of a score, found one at a time: a heap with the best title of each list that is in order already. Titles that the
/// viewer's state speaks of stand in it alone, all others by their sets of genres, so that nobody looks at the whole catalogue.
struct RankedTitles: Sendable {
    /// Points and title of each list's best; the rest of a list is found by `RegionStandings.steps`.
    private var keys: [UInt64] = []
    private var isHeap = false
    /// Where no set was added, every title stands alone.
    private var hasSets = false

    /// Adds a title that stands alone: one that the viewer's state speaks of, or any where no set is added.
    mutating func add(_ title: Int32, points: Int64) { keys.append(Points.key(points, title)) }

    /// Adds the titles of a set of genres that the viewer's state does not speak of, with what the set adds to their points.
    mutating func add(set: Int, term: Int64, _ context: borrowing ViewerContext) {
        hasSets = true
        if let key = Self.best(of: set, term: term, context) { keys.append(key) }
    }

    /// Begins with the titles of all sets, `terms` by set; there is room for so many titles besides.
    init(sets terms: [Int64], room: Int, _ context: borrowing ViewerContext) {
        hasSets = true
        keys = [UInt64](unsafeUninitializedCapacity: terms.count + room) { keys, count in
            for set in terms.indices {
                guard let key = Self.best(of: set, term: terms[set], context) else { continue }
                keys.initializeElement(at: count, to: key)
                count &+= 1
            }
        }
    }

    init() {}

    /// The key of a set's best title that stands alone nowhere.
    @inline(__always)
    private static func best(of set: Int, term: Int64, _ context: borrowing ViewerContext) -> UInt64? {
        let first = context.standings.first[set]
        if first == 0 { return nil }
        let key = Points.key(Points.points(ofKey: first) + term, Points.title(ofKey: first))
        return context.titles.has(Int(Points.title(ofKey: key))) ? common(after: key, context) : key
    }

    mutating func reserve(_ count: Int) { keys.reserveCapacity(count) }

    /// The key of the next best title, nil where there are no more.
    mutating func next(_ context: borrowing ViewerContext) -> UInt64? {
        if !isHeap {
            for place in stride(from: keys.count / 2 - 1, through: 0, by: -1) { sink(keys[place], from: place) }
            isHeap = true
        }
        while let first = keys.first {
            if let follower = follower(of: first, context) {
                sink(follower, from: 0)
            } else {
                let last = keys.removeLast()
                if !keys.isEmpty { sink(last, from: 0) }
            }
            if context.isOfAge(Int(Points.title(ofKey: first))) { return first }
        }
        return nil
    }

    /// What follows a title in its list.
    private func follower(of key: UInt64, _ context: borrowing ViewerContext) -> UInt64? {
        if !hasSets || context.titles.has(Int(Points.title(ofKey: key))) { return nil }
        return Self.common(after: key, context)
    }

    /// The next title of a list that stands alone nowhere, for whatever age.
    @inline(__always)
    private static func common(after key: UInt64, _ context: borrowing ViewerContext) -> UInt64? {
        var key = key
        while true {
            let step = context.standings.steps[Int(Points.title(ofKey: key))]
            if step == RegionStandings.noStep { return nil }
            key = Points.key(key, after: step)
            if !context.titles.has(Int(Points.title(ofKey: key))) { return key }
        }
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
