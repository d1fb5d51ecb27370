// hot path
package import Events

/// Tells the first event of an id from all its repeats, however far apart; exact, because the whole id is kept and compared.
///
/// Open addressing. It takes ids in runs: the places of a run are read one after the other before any of them is needed, so that their
/// cache misses overlap.
package struct DistinctEvents: Sendable {
    private static let runCountMax = 128

    /// An id of zeros stands for a free slot.
    private var slots: [EventID]
    private var mask: Int
    private var heldCount = 0
    private var holdsZero = false
    private var places = [Int](repeating: 0, count: runCountMax)
    /// What the reading ahead has read; kept so that it cannot be optimised away.
    private var readAhead: UInt64 = 0

    /// `capacity` ids fit without growing.
    package init(capacity: Int) {
        var size = 256
        while size < capacity * 2 { size *= 2 }
        slots = Self.free(size)
        mask = size - 1
    }

    /// Different ids so far.
    package var count: Int { heldCount + (holdsZero ? 1 : 0) }

    /// Tells of each id whether it came for the first time; the buffers have one length.
    package mutating func mark(_ ids: UnsafeBufferPointer<EventID>, isFirst: UnsafeMutableBufferPointer<Bool>) {
        var start = 0
        while start < ids.count {
            let count = min(Self.runCountMax, ids.count - start)
            if (heldCount + count) * 2 > slots.count { grow() }
            mark(ids, from: start, count: count, isFirst)
            start += count
        }
    }

    private mutating func mark(
        _ ids: UnsafeBufferPointer<EventID>, from start: Int, count: Int, _ isFirst: UnsafeMutableBufferPointer<Bool>
    ) {
        let mask = mask
        var held = heldCount
        var zero = holdsZero
        var read = readAhead
        slots.withUnsafeMutableBufferPointer { slots in
            places.withUnsafeMutableBufferPointer { places in
                for index in 0..<count {
                    let place = Self.hash(ids[start + index]) & mask
                    places[index] = place
                    read ^= slots[place].low
                }
                for index in 0..<count {
                    let id = ids[start + index]
                    if id.high | id.low == 0 {
                        isFirst[start + index] = !zero
                        zero = true
                        continue
                    }
                    let isNew = Self.insert(id, at: places[index], slots, mask)
                    isFirst[start + index] = isNew
                    if isNew { held += 1 }
                }
            }
        }
        heldCount = held
        holdsZero = zero
        readAhead = read
    }

    /// False where the id is there.
    @inline(__always)
    private static func insert(_ id: EventID, at place: Int, _ slots: UnsafeMutableBufferPointer<EventID>, _ mask: Int) -> Bool {
        var place = place
        while true {
            let held = slots[place]
            if held.high == id.high && held.low == id.low { return false }
            if held.high | held.low == 0 {
                slots[place] = id
                return true
            }
            place = (place + 1) & mask
        }
    }

    private mutating func grow() {
        var larger = Self.free(slots.count * 2)
        mask = larger.count - 1
        let mask = mask
        larger.withUnsafeMutableBufferPointer { larger in
            for id in slots where id.high | id.low != 0 { _ = Self.insert(id, at: Self.hash(id) & mask, larger, mask) }
        }
        slots = larger
    }

    private static func free(_ count: Int) -> [EventID] { [EventID](repeating: EventID(high: 0, low: 0), count: count) }

    /// The finaliser of SplitMix64 over both halves: ids need not be random.
    @inline(__always)
    private static func hash(_ id: EventID) -> Int {
        var word = id.high ^ (id.low &* 0x9e37_79b9_7f4a_7c15)
        word = (word ^ word >> 32) &* 0xd6e8_feb8_6659_fd93
        return Int(truncatingIfNeeded: word ^ word >> 32)
    }
}
