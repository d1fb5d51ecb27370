// hot path

extension GatewayPlan {
    /// The field of a record by its name, counted from the record's first, or -1. The search starts at `guess`: senders keep an order.
    func field(named name: UnsafeRawBufferPointer, of record: Int, guess: Int) -> Int {
        let first = records[record].firstField
        let count = records[record].fieldCount
        return bytes.withUnsafeBytes { pool in
            var index = guess < count ? guess : 0
            for _ in 0..<count {
                if Self.isEqual(name, pool, fields[first + index].name) { return index }
                index = index + 1 < count ? index + 1 : 0
            }
            return -1
        }
    }

    /// The record of a public type by its name; the one of the common fields where there is none. The search starts at `guess`.
    func record(named name: UnsafeRawBufferPointer, guess: Int) -> Int {
        bytes.withUnsafeBytes { pool in
            if guess < commonRecord, Self.isEqual(name, pool, records[guess].name) { return guess }
            for index in 0..<commonRecord where Self.isEqual(name, pool, records[index].name) { return index }
            return commonRecord
        }
    }

    /// True for `event_type`.
    @inline(__always)
    static func isEventType(_ name: UnsafeRawBufferPointer) -> Bool {
        let expected: StaticString = "event_type"
        guard name.count == expected.utf8CodeUnitCount else { return false }
        for index in 0..<name.count where name[index] != expected.utf8Start[index] { return false }
        return true
    }

    /// Compares eight bytes at a time, the last eight overlapping those before.
    @inline(__always)
    private static func isEqual(_ name: UnsafeRawBufferPointer, _ pool: UnsafeRawBufferPointer, _ slice: Slice) -> Bool {
        let count = name.count
        guard count == Int(slice.count), let left = name.baseAddress, let right = pool.baseAddress.map({ $0 + Int(slice.offset) }) else {
            return false
        }
        if count < 8 {
            for index in 0..<count
            where left.load(fromByteOffset: index, as: UInt8.self) != right.load(fromByteOffset: index, as: UInt8.self) {
                return false
            }
            return true
        }
        var offset = 0
        while true {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self) {
                return false
            }
            if offset == count - 8 { return true }
            offset = min(offset + 8, count - 8)
        }
    }
}
