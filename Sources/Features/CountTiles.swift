// hot path

/// A count by event time: in the last hour, day and week, and in total.
///
/// Like `TasteWindows` it depends on what was added, not on the order.
package struct CountTiles: Sendable, Equatable {
    private var cells = TileCells()
    /// Everything ever added.
    package private(set) var total: Int64 = 0

    package init() {}

    /// Adds `count` at an event time, milliseconds.
    package mutating func add(count: Int64, at: Int64) {
        cells.add(count, kind: 0, at: at)
        total &+= count
    }

    /// The count within a window that ends at `now`; `.lifetime` is `total`.
    package func count(window: CountWindow, at now: Int64) -> Int64 { window == .lifetime ? total : cells.sum(window, at: now) }

    /// The counts of all windows.
    func counts(_ bounds: TileCells.Bounds) -> WindowCounts {
        var counts = cells.sums(bounds)
        counts.ever = total
        return counts
    }

    /// Adds another's counts to these.
    package mutating func merge(_ other: CountTiles) {
        cells.merge(other.cells)
        total &+= other.total
    }

    /// Drops tiles that have left every window at a log time, milliseconds; the total stays.
    package mutating func expire(logTime: Int64) { cells.expire(logTime: logTime) }

    package func encode(into writer: inout StateWriter) {
        writer.zigzag(total)
        cells.encode(into: &writer)
    }

    package init(from reader: inout StateReader) throws(StateError) {
        total = try reader.amount()
        cells = try TileCells(from: &reader)
    }
}
