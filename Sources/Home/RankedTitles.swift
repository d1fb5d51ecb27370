// hot path

/// Titles in the order of a score, found one at a time: a heap of lists each of which is in order already. Titles that the viewer's state
/// speaks of stand in it alone, all others by their sets of genres, so that nobody looks at the whole catalogue.
struct RankedTitles: Sendable {
    private struct List: BitwiseCopyable, Sendable {
        /// Points and title of the first, or what it could have at most.
        var key: UInt64
        /// Where the list goes on in `RegionStandings.ordered`, and where it ends; a title that stands alone has no more.
        var next: Int32
        var end: Int32
        /// What the row adds to the points of the list's titles.
        var term: Int64
    }

    private var lists: [List] = []
    private var isHeap = false

    /// Adds a title that stands alone.
    mutating func add(_ title: Int32, points: Int64) {
        lists.append(List(key: Points.key(points, title), next: 0, end: 0, term: 0))
    }

    /// Adds the titles of a set of genres that the viewer's state does not speak of, with what the set adds to their points.
    mutating func add(set: Int, term: Int64, _ context: borrowing ViewerContext) {
        let (first, end) = (context.standings.starts[set], context.standings.starts[set + 1])
        if first == end { return }
        let key = Points.key(context.standings.greatest[set] + term, context.standings.ordered[Int(first)])
        lists.append(List(key: key, next: first, end: end, term: term))
    }

    mutating func reserve(_ count: Int) { lists.reserveCapacity(count) }

    /// The key of the next best title, nil where there are no more.
    mutating func next(_ context: borrowing ViewerContext) -> UInt64? {
        if !isHeap {
            for place in stride(from: lists.count / 2 - 1, through: 0, by: -1) { sink(place) }
            isHeap = true
        }
        while let first = lists.first {
            if first.end == 0 {
                dropFirst()
                return first.key
            }
            let title = Int(Points.title(ofKey: first.key))
            advance(context)
            if !context.titles.has(title) && Int(context.columns.maturity[title]) <= context.request.maturityLimit { return first.key }
        }
        return nil
    }

    /// The first list goes on to its next title.
    private mutating func advance(_ context: borrowing ViewerContext) {
        let next = lists[0].next + 1
        if next == lists[0].end { return dropFirst() }
        let title = context.standings.ordered[Int(next)]
        lists[0].next = next
        lists[0].key = Points.key(context.standings.points[Int(title)] + lists[0].term, title)
        sink(0)
    }

    private mutating func dropFirst() {
        let last = lists.removeLast()
        if lists.isEmpty { return }
        lists[0] = last
        sink(0)
    }

    private mutating func sink(_ place: Int) {
        lists.withUnsafeMutableBufferPointer { lists in
            var place = place
            let moved = lists[place]
            while true {
                var child = 2 * place + 1
                if child >= lists.count { break }
                if child + 1 < lists.count && lists[child + 1].key > lists[child].key { child += 1 }
                if lists[child].key <= moved.key { break }
                lists[place] = lists[child]
                place = child
            }
            lists[place] = moved
        }
    }
}
