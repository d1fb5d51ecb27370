// hot path

/// Titles in the order of a score, found one at a time: a heap with the best title of each list that is in order already, so that nobody looks at
/// the whole catalogue. Lists are those of the sets of genres, the same for every viewer. Titles that the viewer's state speaks of stand in the heap
/// alone, too, and are passed over where they come up in a list: so no title may be noted between the making of a row's titles and their taking.
struct RankedTitles: Sendable {
    /// Points and title of each list's best, whose followers `RegionStandings.steps` tells, and of titles that stand alone.
    private var keys: [UInt64] = []
    private var isHeap = false

    /// No titles.
    init() {}

    /// Titles that all stand alone; `entry` tells those and their points by place, nil leaves one out.
    @inline(__always)
    init(placeCount: Int, _ entry: (Int) -> (title: Int32, points: Int64)?) {
        keys = [UInt64](unsafeUninitializedCapacity: placeCount) { keys, count in
            for place in 0..<placeCount {
                guard let (title, points) = entry(place) else { continue }
                keys.initializeElement(at: count, to: Points.key(points, title))
                count &+= 1
            }
        }
    }

    /// The titles of so many sets of genres, by the model's score: `set` tells which each is and what is added to its titles' points. Those that
    /// the viewer's state speaks of stand alone, where `own` says with how many points; nil leaves them out.
    @inline(__always)
    init(
        setCount: Int, _ context: borrowing ViewerContext, _ set: (Int) -> (number: Int, extra: Int64),
        own: (UnsafePointer<ViewerTitles.Entry>) -> Int64?
    ) {
        let entries = context.titles.entries
        keys = context.standings.first.withUnsafeBufferPointer { first in
            context.taste.points.withUnsafeBufferPointer { terms in
                [UInt64](unsafeUninitializedCapacity: setCount + entries.count) { keys, count in
                    for place in 0..<setCount {
                        let (number, extra) = set(place)
                        let key = first[number]
                        if key == 0 { continue }
                        keys.initializeElement(at: count, to: Points.key(key, adding: terms[number] &+ extra))
                        count &+= 1
                    }
                    context.titles.forEach { entry in
                        guard let points = own(entry) else { return }
                        keys.initializeElement(at: count, to: Points.key(points, entry.pointee.title))
                        count &+= 1
                    }
                }
            }
        }
    }

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
        let (age, steps) = (context.age, context.standings.steps)
        var (size, left) = (keys.count, count)
        context.titles.places.withMembers { known in
            steps.withUnsafeBufferPointer { steps in
                keys.withUnsafeMutableBufferPointer { keys in
                    while left > 0 && size > 0 {
                        let first = keys[0]
                        let title = Points.title(ofKey: first)
                        let step = Points.isOfList(first) ? steps[Int(title)] : 0
                        // What follows in its list, or the last of the heap, takes its place.
                        if step == 0 { size &-= 1 }
                        let next = step == 0 ? keys[size] : first &+ step
                        if size > 0 { Self.sink(next, from: 0, in: keys, count: size) }
                        // Whatever the viewer's state speaks of stands alone, if it is here at all.
                        if Points.isOfList(first) && known.contains(Int(title)) || !age.admits(Int(title)) { continue }
                        found.append(.init(title: title, score: Points.score(Points.points(ofKey: first))))
                        left &-= 1
                    }
                }
            }
        }
        keys.removeLast(keys.count - size)
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
