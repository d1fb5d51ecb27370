// hot path

/// Integers by (window, tile, kind), sparse and sorted: the common part of `TasteWindows` (kind = genre) and `CountTiles` (kind 0).
///
/// Every value goes into one tile of each window that has tiles. Additions commute: the cells depend on what was added and on the log
/// time of expiry, never on the order of additions.
struct TileCells: Sendable, Equatable {
    struct Cell: Sendable, Equatable, BitwiseCopyable {
        /// Window in bits 40 and up, tile in 32 bits, kind in the lowest 8.
        var key: UInt64
        var value: Int64

        var kind: UInt8 { UInt8(truncatingIfNeeded: key) }
    }

    /// Ascending by key.
    private(set) var cells: [Cell] = []

    private static func key(_ window: TasteWindow, _ tile: UInt64, _ kind: UInt8) -> UInt64 {
        UInt64(window.rawValue) << 40 | tile << 8 | UInt64(kind)
    }

    mutating func add(_ value: Int64, kind: UInt8, at: Int64) {
        add(value, kind: kind, at: at, in: .hour)
        add(value, kind: kind, at: at, in: .day)
        add(value, kind: kind, at: at, in: .week)
    }

    private mutating func add(_ value: Int64, kind: UInt8, at: Int64, in window: TasteWindow) {
        add(value, key: TileCells.key(window, window.tile(of: at), kind))
    }

    private mutating func add(_ value: Int64, key: UInt64) {
        let place = firstIndex(from: key)
        if place < cells.count && cells[place].key == key {
            cells[place].value &+= value
        } else {
            cells.insert(Cell(key: key, value: value), at: place)
        }
    }

    /// Adds another's cells to these.
    mutating func merge(_ other: TileCells) {
        if cells.isEmpty {
            cells = other.cells
            return
        }
        for cell in other.cells { add(cell.value, key: cell.key) }
    }

    /// Where the cells of a window at a time stand in `cells`; tiles ahead of the time are left out.
    func range(_ window: TasteWindow, at now: Int64) -> Range<Int> {
        let tiles = TileCells.tiles(window, at: now)
        let start = firstIndex(from: TileCells.key(window, tiles.lowerBound, 0))
        return start..<max(start, firstIndex(from: TileCells.key(window, tiles.upperBound, 0)))
    }

    /// The sum of a window's values at a time, of all kinds.
    func sum(_ window: TasteWindow, at now: Int64) -> Int64 { cells[range(window, at: now)].reduce(0) { $0 &+ $1.value } }

    /// The keys that each window has at a time.
    struct Bounds: Sendable {
        fileprivate let hour: Range<UInt64>
        fileprivate let day: Range<UInt64>
        fileprivate let week: Range<UInt64>

        init(at now: Int64) {
            func keys(_ window: TasteWindow) -> Range<UInt64> {
                let tiles = TileCells.tiles(window, at: now)
                return TileCells.key(window, tiles.lowerBound, 0)..<TileCells.key(window, tiles.upperBound, 0)
            }
            (hour, day, week) = (keys(.hour), keys(.day), keys(.week))
        }
    }

    /// Adds the sums of all windows, found in one pass.
    func sum(_ bounds: Bounds, into counts: inout WindowCounts) {
        cells.withUnsafeBufferPointer { cells in
            for cell in cells {
                if bounds.hour.contains(cell.key) {
                    counts.hour &+= cell.value
                } else if bounds.day.contains(cell.key) {
                    counts.day &+= cell.value
                } else if bounds.week.contains(cell.key) {
                    counts.week &+= cell.value
                }
            }
        }
    }

    /// The tiles of a window at a time.
    private static func tiles(_ window: TasteWindow, at now: Int64) -> Range<UInt64> {
        let last = window.tile(of: now)
        return last - min(last, UInt64(window.tileCount - 1))..<last + 1
    }

    /// Drops tiles that no window can reach any more; one tile more than the window is kept for readers whose clock is behind.
    mutating func expire(logTime: Int64) {
        expire(.hour, logTime: logTime)
        expire(.day, logTime: logTime)
        expire(.week, logTime: logTime)
    }

    private mutating func expire(_ window: TasteWindow, logTime: Int64) {
        let last = window.tile(of: logTime)
        let oldest = last - min(last, UInt64(window.tileCount))
        let start = firstIndex(from: TileCells.key(window, 0, 0))
        let end = firstIndex(from: TileCells.key(window, oldest, 0))
        if end > start { cells.removeSubrange(start..<end) }
    }

    /// The first cell whose key is not below `key`.
    private func firstIndex(from key: UInt64) -> Int {
        var low = 0
        var high = cells.count
        while low < high {
            let middle = (low + high) / 2
            if cells[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Keys as differences to the one before, so that neighbours cost a byte or two.
    func encode(into writer: inout StateWriter) {
        writer.count(cells.count)
        var previous: UInt64 = 0
        for cell in cells {
            writer.varint(cell.key - previous)
            writer.zigzag(cell.value)
            previous = cell.key
        }
    }

    init() {}

    init(from reader: inout StateReader) throws(StateError) {
        let count = try reader.count(minimumByteCount: 2)
        cells.reserveCapacity(count)
        var key: UInt64 = 0
        for index in 0..<count {
            let step = try reader.varint()
            let (sum, overflow) = key.addingReportingOverflow(step)
            guard !overflow && (step > 0 || index == 0) && sum < UInt64(TasteWindow.lifetime.rawValue) << 40 else {
                throw StateError("state holds tiles out of order; rebuild it by replay")
            }
            key = sum
            cells.append(Cell(key: key, value: try reader.zigzag()))
        }
    }
}
