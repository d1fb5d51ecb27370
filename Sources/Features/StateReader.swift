// hot path

/// Reads what a `StateWriter` wrote. Never traps: bytes that nobody wrote end in a `StateError`, and no count is believed that the
/// remaining bytes could not hold.
package struct StateReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// Codec version of the state being read, for readers that know several.
    package var version: UInt8 = 0
    /// Version of what surrounds it.
    var format: UInt8 = ValueHead.formatVersion

    /// Reads `bytes`, which must stay valid as long as the reader.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Bytes not yet read.
    package var remaining: Int { bytes.count - position }

    package mutating func byte() throws(StateError) -> UInt8 {
        guard position < bytes.count else { throw StateError("state ends in the middle of a value; rebuild it by replay") }
        defer { position += 1 }
        return bytes[position]
    }

    /// True where the next byte is this one, which is then read.
    mutating func passes(_ expected: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == expected else { return false }
        position += 1
        return true
    }

    package mutating func flag() throws(StateError) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw StateError("state holds a flag that is neither 0 nor 1; rebuild it by replay") }
        return value == 1
    }

    package mutating func varint() throws(StateError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let group = try byte()
            if shift == 63 && group > 1 { throw StateError("state holds a number of more than 64 bits; rebuild it by replay") }
            value |= UInt64(group & 0x7f) << shift
            if group < 0x80 { return value }
            shift += 7
        }
    }

    package mutating func zigzag() throws(StateError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A time, a weight or a count: below 2^52 either way, so that differences of two, and a thousand times one, are numbers still.
    package mutating func amount() throws(StateError) -> Int64 { try StateReader.checked(try zigzag()) }

    /// A time as the difference to the one before.
    package mutating func moment(from previous: inout Int64) throws(StateError) -> Int64 {
        try StateReader.checked(try delta(from: &previous))
    }

    @inline(__always)
    private static func checked(_ amount: Int64) throws(StateError) -> Int64 {
        guard amount.magnitude < 1 << 52 else { throw StateError("state holds a number beyond all times and counts; rebuild it by replay") }
        return amount
    }

    /// A signed number of 32 bits.
    package mutating func zigzag32() throws(StateError) -> Int32 {
        guard let value = Int32(exactly: try zigzag()) else {
            throw StateError("state holds a number of more than 32 bits; rebuild it by replay")
        }
        return value
    }

    package mutating func delta(from previous: inout Int64) throws(StateError) -> Int64 {
        previous = previous &+ (try zigzag())
        return previous
    }

    package mutating func fixed64() throws(StateError) -> UInt64 {
        guard remaining >= 8 else { throw StateError("state ends in the middle of a value; rebuild it by replay") }
        var value: UInt64 = 0
        for index in position..<position + 8 { value = value << 8 | UInt64(bytes[index]) }
        position += 8
        return value
    }

    package mutating func region() throws(StateError) -> RegionID {
        let length = Int(try byte())
        guard length <= 8 && length <= remaining else {
            throw StateError("state holds a region of more than 8 bytes; rebuild it by replay")
        }
        var word: UInt64 = 0
        for index in 0..<length { word |= UInt64(bytes[position + index]) << UInt64(56 - 8 * index) }
        position += length
        return RegionID(raw: word)
    }

    /// A count of entries of at least `minimumByteCount` bytes each: more than could follow is refused.
    package mutating func count(minimumByteCount: Int = 1) throws(StateError) -> Int {
        let value = try varint()
        guard value <= UInt64(remaining / minimumByteCount) else {
            throw StateError("state announces more entries than it holds; rebuild it by replay")
        }
        return Int(value)
    }

    /// The bytes of a text, valid as long as the reader's.
    package mutating func text() throws(StateError) -> UnsafeRawBufferPointer {
        let length = try count()
        defer { position += length }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
    }

    package mutating func name(_ names: inout NameTable) throws(StateError) -> Name {
        names.intern(try text())
    }

    package mutating func name(among known: [Name], _ names: inout NameTable) throws(StateError) -> Name {
        let place = try varint()
        if place == 0 { return try name(&names) }
        guard place <= UInt64(known.count) else { throw StateError("state refers to a name that it does not hold; rebuild it by replay") }
        return known[known.count - Int(place)]
    }
}
