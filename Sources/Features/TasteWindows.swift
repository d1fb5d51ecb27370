// hot path

/// Weight per genre in the last hour, day and week, and over a lifetime with decay (DESIGN §7).
///
/// Integers throughout: the state depends on what was added and on the log time of expiry, never on the order of additions, so a late
/// event counts in the tile of its own time.
package struct TasteWindows: Sendable, Equatable {
    private var cells = TileCells()
    /// Ascending by genre.
    private var lifetime: [GenreSum] = []

    private struct GenreSum: Sendable, Equatable, BitwiseCopyable {
        var genre: GenreID
        var sum: DecayedSum
    }

    package init() {}

    package var isEmpty: Bool { cells.cells.isEmpty && lifetime.isEmpty }

    /// Adds `weight` (thousandths, may be negative) to a genre at an event time, milliseconds.
    package mutating func add(genre: GenreID, weight: Int64, at: Int64) {
        cells.add(weight, kind: genre.raw, at: at)
        var place = 0
        while place < lifetime.count && lifetime[place].genre < genre { place += 1 }
        if place == lifetime.count || lifetime[place].genre != genre {
            lifetime.insert(GenreSum(genre: genre, sum: DecayedSum()), at: place)
        }
        lifetime[place].sum.add(weight, at: at, halfLife: DecayedSum.tasteHalfLife)
    }

    /// Weight per genre within a window that ends at `now`, ascending by genre; 1.0 is a weight of 1,000 thousandths.
    package func weights(window: TasteWindow, at now: Int64) -> [(genre: GenreID, weight: Double)] {
        if window == .lifetime {
            return lifetime.map { ($0.genre, $0.sum.value(at: now, halfLife: DecayedSum.tasteHalfLife) / 1000) }
        }
        var sums: [(genre: GenreID, weight: Double)] = []
        for cell in cells.cells[cells.range(window, at: now)] {
            let genre = GenreID(cell.kind)
            var place = 0
            while place < sums.count && sums[place].genre < genre { place += 1 }
            if place == sums.count || sums[place].genre != genre { sums.insert((genre, 0), at: place) }
            sums[place].weight += Double(cell.value)
        }
        for index in sums.indices { sums[index].weight /= 1000 }
        return sums
    }

    /// The same for whoever adds them up: calls `body` with each genre once, and keeps nothing.
    package func forEachWeight(window: TasteWindow, at now: Int64, _ body: (GenreID, Double) -> Void) {
        if window == .lifetime {
            for entry in lifetime { body(entry.genre, entry.sum.value(at: now, halfLife: DecayedSum.tasteHalfLife) / 1000) }
            return
        }
        let range = cells.range(window, at: now)
        if range.isEmpty { return }
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: 256) { sums in
            sums.initialize(repeating: 0)
            var limit = 0
            for cell in cells.cells[range] {
                sums[Int(cell.kind)] &+= cell.value
                limit = max(limit, Int(cell.kind) + 1)
            }
            for genre in 0..<limit where sums[genre] != 0 { body(GenreID(UInt8(genre)), Double(sums[genre]) / 1000) }
        }
    }

    /// Drops tiles that have left every window at a log time, milliseconds. The lifetime stays: it is bounded by the number of genres.
    package mutating func expire(logTime: Int64) { cells.expire(logTime: logTime) }

    package func encode(into writer: inout StateWriter) {
        cells.encode(into: &writer)
        writer.count(lifetime.count)
        for entry in lifetime {
            writer.byte(entry.genre.raw)
            entry.sum.encode(into: &writer)
        }
    }

    package init(from reader: inout StateReader) throws(StateError) {
        cells = try TileCells(from: &reader)
        let count = try reader.count(minimumByteCount: 4)
        lifetime.reserveCapacity(count)
        for _ in 0..<count {
            let genre = GenreID(try reader.byte())
            if let last = lifetime.last, last.genre >= genre { throw StateError("state holds genres out of order; rebuild it by replay") }
            lifetime.append(GenreSum(genre: genre, sum: try DecayedSum(from: &reader)))
        }
    }
}
