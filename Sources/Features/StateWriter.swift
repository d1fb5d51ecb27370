// hot path

/// Writes state as bytes: LEB128 varints, zigzag for signed numbers, length-prefixed texts.
///
/// One writer is reused for many values: `removeAll` keeps the buffer.
package struct StateWriter: Sendable {
    /// What is written stands in the first `written` bytes.
    private var buffer: [UInt8]
    private var written = 0

    package init(capacity: Int = 1024) { buffer = [UInt8](repeating: 0, count: capacity) }

    /// A copy of what is written.
    package var bytes: [UInt8] { Array(buffer[..<written]) }

    /// What is written, valid within `body`.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<written])) }
    }

    package mutating func removeAll() { written = 0 }

    /// Makes room for `countMax` bytes; `body` writes there and answers how many.
    @inline(__always)
    private mutating func write(_ countMax: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        if buffer.count - written < countMax { grow(by: countMax) }
        let start = written
        written += buffer.withUnsafeMutableBytes { body($0.baseAddress! + start) }
    }

    @inline(never)
    private mutating func grow(by count: Int) { buffer += repeatElement(0, count: max(count, buffer.count)) }

    package mutating func byte(_ value: UInt8) {
        write(1) { place in
            place.storeBytes(of: value, as: UInt8.self)
            return 1
        }
    }

    package mutating func flag(_ value: Bool) { byte(value ? 1 : 0) }

    /// Base 128, least significant group first; 1 to 10 bytes.
    package mutating func varint(_ value: UInt64) {
        write(10) { place in
            var rest = value
            var count = 0
            while rest >= 0x80 {
                place.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
                rest >>= 7
                count &+= 1
            }
            place.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
            return count &+ 1
        }
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
        write(8) { place in
            place.storeBytes(of: value.bigEndian, as: UInt64.self)
            return 8
        }
    }

    /// A region: its length, then its bytes without the padding.
    package mutating func region(_ region: RegionID) {
        let length = 8 - region.raw.trailingZeroBitCount / 8
        write(9) { place in
            place.storeBytes(of: UInt8(length), as: UInt8.self)
            place.storeBytes(of: region.raw.bigEndian, toByteOffset: 1, as: UInt64.self)
            return 1 + length
        }
    }

    /// A text: its length, then its bytes.
    package mutating func text(_ text: UnsafeRawBufferPointer) {
        count(text.count)
        write(text.count) { place in
            if let start = text.baseAddress { place.copyMemory(from: start, byteCount: text.count) }
            return text.count
        }
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
}
