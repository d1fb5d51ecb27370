// hot path
package import Features

/// Plays per viewer, genre and hour of event time (tumbling windows of an hour; lateness changes nothing).
///
/// The three together are one 64-bit number, which is its own identity: no hash stands for it. Runs are read ahead as `DistinctEvents` does.
package struct HourlyPlays: Sendable {
    /// One window's count.
    package struct Cell: Sendable, BitwiseCopyable {
        /// 0 stands for a free slot; genres count from 1.
        fileprivate(set) var key: UInt64 = 0
        /// Plays counted.
        package fileprivate(set) var count: Int64 = 0

        /// The viewer's name.
        package var user: Name { Name(raw: UInt32(truncatingIfNeeded: key >> 32)) }
        package var genre: GenreID { GenreID(UInt8(truncatingIfNeeded: key)) }
        /// Hours since 1970.
        package var hour: Int { Int(truncatingIfNeeded: key >> 8 & 0xff_ffff) }
    }

    private static let runCountMax = 128
    private static let hourMilliseconds: Int64 = 3_600_000

    private var slots: [Cell]
    private var mask: Int
    private var heldCount = 0
    private var places = [Int](repeating: 0, count: runCountMax)
    private var keys: [UInt64] = []
    /// What the reading ahead has read; kept so that it cannot be optimised away.
    private var readAhead: UInt64 = 0

    /// `capacity` windows fit without growing.
    package init(capacity: Int) {
        var size = 256
        while size < capacity * 2 { size *= 2 }
        slots = [Cell](repeating: Cell(), count: size)
        mask = size - 1
        keys.reserveCapacity(Self.runCountMax)
    }

    /// Windows with plays.
    package var count: Int { heldCount }

    /// Counts a play at a time in milliseconds since 1970, of which the hour must lie within 24 bits; it is in the table after `settle` at the latest.
    @inline(__always)
    package mutating func add(user: Name, genre: GenreID, at time: Int64) {
        let hour = UInt64(truncatingIfNeeded: time / Self.hourMilliseconds) & 0xff_ffff
        keys.append(UInt64(user.raw) << 32 | hour << 8 | UInt64(genre.raw))
        if keys.count == Self.runCountMax { settle() }
    }

    /// Counts what is still waiting.
    package mutating func settle() {
        if (heldCount + keys.count) * 2 > slots.count { grow() }
        let mask = mask
        var held = heldCount
        var read = readAhead
        slots.withUnsafeMutableBufferPointer { slots in
            for index in keys.indices {
                places[index] = Self.hash(keys[index]) & mask
                read ^= slots[places[index]].key
            }
            for index in keys.indices {
                let place = Self.place(of: keys[index], from: places[index], slots, mask)
                if slots[place].key == 0 {
                    slots[place].key = keys[index]
                    held += 1
                }
                slots[place].count += 1
            }
        }
        heldCount = held
        readAhead = read
        keys.removeAll(keepingCapacity: true)
    }

    /// Calls `body` with every window that has plays, in no order; after `settle`.
    package func forEach(_ body: (Cell) -> Void) {
        for cell in slots where cell.key != 0 { body(cell) }
    }

    /// Where the key is, or the free slot where it belongs.
    @inline(__always)
    private static func place(of key: UInt64, from place: Int, _ slots: UnsafeMutableBufferPointer<Cell>, _ mask: Int) -> Int {
        var place = place
        while slots[place].key != key && slots[place].key != 0 { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        var larger = [Cell](repeating: Cell(), count: slots.count * 2)
        mask = larger.count - 1
        let mask = mask
        larger.withUnsafeMutableBufferPointer { larger in
            for cell in slots where cell.key != 0 {
                larger[Self.place(of: cell.key, from: Self.hash(cell.key) & mask, larger, mask)] = cell
            }
        }
        slots = larger
    }

    @inline(__always)
    private static func hash(_ key: UInt64) -> Int {
        var word = (key ^ key >> 32) &* 0xd6e8_feb8_6659_fd93
        word = (word ^ word >> 32) &* 0xd6e8_feb8_6659_fd93
        return Int(truncatingIfNeeded: word ^ word >> 32)
    }
}
