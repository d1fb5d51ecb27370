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
        let key = context.titles.places.withMembers { known in
            context.standings.steps.withUnsafeBufferPointer { steps in
                Self.best(context.standings.first[set], term: term, steps, known)
            }
        }
        if let key { keys.append(key) }
    }

    /// Begins with the titles of so many sets; `set` tells which each is and what it adds to its titles' points. There is room for so many
    /// titles besides.
    @inline(__always)
    init(setCount: Int, room: Int, _ context: borrowing ViewerContext, _ set: (Int) -> (number: Int, term: Int64)) {
        hasSets = true
        let (first, steps) = (context.standings.first, context.standings.steps)
        keys = context.titles.places.withMembers { known in
            first.withUnsafeBufferPointer { first in
                steps.withUnsafeBufferPointer { steps in
                    [UInt64](unsafeUninitializedCapacity: setCount + room) { keys, count in
                        for place in 0..<setCount {
                            let (number, term) = set(place)
                            guard let key = Self.best(first[number], term: term, steps, known) else { continue }
                            keys.initializeElement(at: count, to: key)
                            count &+= 1
                        }
                    }
                }
            }
        }
    }

    init() {}

    mutating func reserve(_ count: Int) { keys.reserveCapacity(count) }

    /// Adds the next best titles to `found`, at most so many; fewer where there are no more.
    mutating func take(_ count: Int, into found: inout [RowDraft.Candidate], _ context: borrowing ViewerContext) {
        if !isHeap {
            keys.withUnsafeMutableBufferPointer { keys in
                for place in stride(from: keys.count / 2 - 1, through: 0, by: -1) {
                    Self.sink(keys[place], from: place, in: keys, count: keys.count)
                }
            }
            isHeap = true
        }
        let (hasSets, age, steps) = (hasSets, context.age, context.standings.steps)
        var (size, left) = (keys.count, count)
        context.titles.places.withMembers { known in
            steps.withUnsafeBufferPointer { steps in
                keys.withUnsafeMutableBufferPointer { keys in
                    while left > 0 && size > 0 {
                        let first = keys[0]
                        let title = Points.title(ofKey: first)
                        // What follows in its list, or the last of the heap, takes its place.
                        if hasSets, !known.contains(Int(title)), let follower = Self.common(after: first, steps, known) {
                            Self.sink(follower, from: 0, in: keys, count: size)
                        } else {
                            size &-= 1
                            if size > 0 { Self.sink(keys[size], from: 0, in: keys, count: size) }
                        }
                        if !age.admits(Int(title)) { continue }
                        found.append(.init(title: title, score: Points.score(Points.points(ofKey: first))))
                        left &-= 1
                    }
                }
            }
        }
        keys.removeLast(keys.count - size)
    }

    /// The key of a set's best title that stands alone nowhere; `first` is that of its best.
    @inline(__always)
    private static func best(
        _ first: UInt64, term: Int64, _ steps: UnsafeBufferPointer<UInt64>, _ known: TitleSet.Members
    ) -> UInt64? {
        if first == 0 { return nil }
        let key = Points.key(Points.points(ofKey: first) + term, Points.title(ofKey: first))
        return known.contains(Int(Points.title(ofKey: key))) ? common(after: key, steps, known) : key
    }

    /// The next title of a list that stands alone nowhere, for whatever age.
    @inline(__always)
    private static func common(
        after key: UInt64, _ steps: UnsafeBufferPointer<UInt64>, _ known: TitleSet.Members
    ) -> UInt64? {
        var key = key
        while true {
            let step = steps[Int(Points.title(ofKey: key))]
            if step == RegionStandings.noStep { return nil }
            key = Points.key(key, after: step)
            if !known.contains(Int(Points.title(ofKey: key))) { return key }
        }
    }

    /// Puts a key where it belongs below a place whose own key has gone.
    @inline(__always)
    private static func sink(_ key: UInt64, from place: Int, in keys: UnsafeMutableBufferPointer<UInt64>, count: Int) {
        var place = place
        var child = 2 &* place &+ 1
        while child &+ 1 < count {
            // Without a branch, which nobody could predict.
            child &+= keys[child &+ 1] > keys[child] ? 1 : 0
            if keys[child] <= key { break }
            keys[place] = keys[child]
            place = child
            child = 2 &* place &+ 1
        }
        if child &+ 1 == count && keys[child] > key {
            keys[place] = keys[child]
            place = child
        }
        keys[place] = key
    }
}
