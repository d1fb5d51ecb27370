// hot path

/// A cursor over Avro binary (Avro 1.11 specification, "Binary Encoding").
///
/// Every read checks the bounds and answers nil where the bytes end too soon or say nonsense; the offset is then of no use. Nothing is
/// copied: payloads are answered as ranges of the buffer, which must outlive the reader.
package struct AvroReader {
    /// The buffer that is read from; offsets and ranges count from its start.
    package let bytes: UnsafeRawBufferPointer
    /// Where the next read starts.
    package var offset: Int
    /// Where reading must stop, exclusive.
    package let end: Int

    /// Reads `bytes[offset..<end]`.
    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer, offset: Int, end: Int) {
        precondition(offset >= 0 && offset <= end && end <= bytes.count, "the range lies outside the buffer")
        self.bytes = bytes
        self.offset = offset
        self.end = end
    }

    /// Reads all of `bytes`.
    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, offset: 0, end: bytes.count)
    }

    /// Bytes that are left.
    @inlinable
    package var remaining: Int { end - offset }

    /// Reads a zigzag varint of at most ten bytes; nil also for one that does not fit 64 bits.
    @inlinable
    package mutating func readLong() -> Int64? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            result |= UInt64(byte & 0x7f) &<< shift
            if byte < 0x80 {
                if shift == 63 && byte > 1 { return nil }
                return Int64(bitPattern: result >> 1) ^ -Int64(bitPattern: result & 1)
            }
            shift += 7
            if shift > 63 { return nil }
        }
        return nil
    }

    /// Reads a zigzag varint; nil where it does not fit 32 bits.
    @inlinable
    package mutating func readInt() -> Int32? {
        guard let value = readLong() else { return nil }
        return Int32(exactly: value)
    }

    /// Reads one byte that must be 0 or 1.
    @inlinable
    package mutating func readBoolean() -> Bool? {
        guard offset < end, bytes[offset] <= 1 else { return nil }
        offset += 1
        return bytes[offset - 1] == 1
    }

    /// Reads four bytes, little-endian.
    @inlinable
    package mutating func readFloat() -> Float? {
        guard end - offset >= 4 else { return nil }
        let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        offset += 4
        return Float(bitPattern: UInt32(littleEndian: bits))
    }

    /// Reads eight bytes, little-endian.
    @inlinable
    package mutating func readDouble() -> Double? {
        guard end - offset >= 8 else { return nil }
        let bits = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
        return Double(bitPattern: UInt64(littleEndian: bits))
    }

    /// Reads the length of a `bytes` or a `string` and steps over it; answers where the payload lies in the buffer. UTF-8 is not checked.
    @inlinable
    package mutating func readBytes() -> Range<Int>? {
        guard let count = readLong(), count >= 0, count <= Int64(end - offset) else { return nil }
        let start = offset
        offset += Int(truncatingIfNeeded: count)
        return start..<offset
    }

    /// Steps over `count` bytes, as of a `fixed`; false where there are fewer.
    @inlinable
    package mutating func skip(count: Int) -> Bool {
        guard count >= 0, count <= end - offset else { return false }
        offset += count
        return true
    }
}
