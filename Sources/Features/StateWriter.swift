// hot path

/// Writes state as bytes: LEB128 varints, zigzag for signed numbers, length-prefixed texts.
///
/// One writer is reused for many values: `removeAll` keeps the buffer.
package struct StateWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    @inlinable
    package mutating func byte(_ value: UInt8) { append(value) }

    package mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    /// Base 128, least significant group first; 1 to 10 bytes.
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A count of entries or bytes.
    package mutating func count(_ value: Int) { varint(UInt64(value)) }

    /// A signed number; small ones of either sign are short.
    package mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// `value − previous`, which becomes `value`: for lists of times and offsets. Wraps, so that any pair of numbers survives.
    package mutating func delta(_ value: Int64, from previous: inout Int64) {
        zigzag(value &- previous)
        previous = value
    }

    /// Eight bytes, most significant first: for what is compared as bytes, and for numbers without structure.
    package mutating func fixed64(_ value: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    /// A region: its length, then its bytes without the padding.
    package mutating func region(_ region: RegionID) {
        let length = 8 - region.raw.trailingZeroBitCount / 8
        bytes.append(UInt8(length))
        var word = region.raw
        for _ in 0..<length {
            bytes.append(UInt8(truncatingIfNeeded: word >> 56))
            word <<= 8
        }
    }

    /// A text: its length, then its bytes.
    package mutating func text(_ text: UnsafeRawBufferPointer) {
        count(text.count)
        bytes.append(contentsOf: text)
    }

    package mutating func name(_ name: Name, _ names: borrowing NameTable) {
        names.withBytes(name) { text($0) }
    }

    /// A name that is probably among the last of `known`, which the reader has already: its place counted from the end (from 1 on),
    /// or 0 and the text.
    package mutating func name(_ name: Name, among known: [Name], _ names: borrowing NameTable) {
        if let place = known.lastIndex(of: name) {
            count(known.count - place)
        } else {
            count(0)
            self.name(name, names)
        }
    }

    @usableFromInline
    mutating func append(_ value: UInt8) { bytes.append(value) }
}
