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
        let hour = TileCells.key(.hour, TasteWindow.hour.tile(of: at), kind)
        let day = TileCells.key(.day, TasteWindow.day.tile(of: at), kind)
        let week = TileCells.key(.week, TasteWindow.week.tile(of: at), kind)
        let isThere = cells.withUnsafeMutableBufferPointer { cells in
            (
                TileCells.add(value, to: cells, key: hour), TileCells.add(value, to: cells, key: day),
                TileCells.add(value, to: cells, key: week)
            )
        }
        if !isThere.0 { add(value, key: hour) }
        if !isThere.1 { add(value, key: day) }
        if !isThere.2 { add(value, key: week) }
    }

    /// False, and nothing added, where there is no such cell.
    @inline(__always)
    private static func add(_ value: Int64, to cells: UnsafeMutableBufferPointer<Cell>, key: UInt64) -> Bool {
        let place = firstIndex(from: key, in: UnsafeBufferPointer(cells))
        if place == cells.count || cells[place].key != key { return false }
        cells[place].value &+= value
        return true
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
    struct Bounds: Sendable, Equatable {
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

    /// The sums of all windows, found in one pass.
    func sums(_ bounds: Bounds) -> WindowCounts {
        var counts = WindowCounts()
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
        return counts
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

    @inline(__always)
    private mutating func expire(_ window: TasteWindow, logTime: Int64) {
        let last = window.tile(of: logTime)
        let oldest = TileCells.key(window, last - min(last, UInt64(window.tileCount)), 0)
        // Nearly always the window's first tile is not too old.
        let start = window == .hour ? 0 : firstIndex(from: TileCells.key(window, 0, 0))
        if start == cells.count || cells[start].key >= oldest { return }
        cells.removeSubrange(start..<firstIndex(from: oldest))
    }

    private func firstIndex(from key: UInt64) -> Int { cells.withUnsafeBufferPointer { TileCells.firstIndex(from: key, in: $0) } }

    /// The first cell whose key is not below `key`.
    @inline(__always)
    private static func firstIndex(from key: UInt64, in cells: UnsafeBufferPointer<Cell>) -> Int {
        var (start, count) = (0, cells.count)
        while count > 0 {
            let half = count >> 1
            // Without a branch, which nobody could predict.
            let isBelow = cells[start &+ half].key < key
            start = isBelow ? start &+ half &+ 1 : start
            count = isBelow ? count &- half &- 1 : half
        }
        return start
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
            cells.append(Cell(key: key, value: try reader.amount()))
        }
    }
}
