// hot path

/// Appends values in Avro binary (Avro 1.11 specification, "Binary Encoding") to a byte array.
package enum AvroWriter {
    /// Appends an `int` or a `long`: a zigzag varint of one to ten bytes. Also a count, a union's branch and an enum's symbol.
    @inlinable
    package static func long(_ value: Int64, into output: inout [UInt8]) {
        long(value) { output.append($0) }
    }

    /// Hands out the bytes of an `int` or a `long`, first to last.
    @inlinable @inline(__always)
    static func long(_ value: Int64, _ put: (UInt8) -> Void) {
        var rest = UInt64(bitPattern: value &<< 1 ^ value >> 63)
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends one byte, 0 or 1.
    @inlinable
    package static func boolean(_ value: Bool, into output: inout [UInt8]) {
        output.append(value ? 1 : 0)
    }

    /// Appends four bytes, little-endian.
    @inlinable
    package static func float(_ value: Float, into output: inout [UInt8]) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { output.append(contentsOf: $0) }
    }

    /// Appends eight bytes, little-endian.
    @inlinable
    package static func double(_ value: Double, into output: inout [UInt8]) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { output.append(contentsOf: $0) }
    }

    /// Appends a length and the bytes; also for a `string` that is at hand as UTF-8.
    @inlinable
    package static func bytes(_ value: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        long(Int64(value.count), into: &output)
        output.append(contentsOf: value)
    }

    /// Appends a length and the UTF-8.
    @inlinable
    package static func string(_ value: String, into output: inout [UInt8]) {
        var value = value
        value.withUTF8 { bytes(UnsafeRawBufferPointer($0), into: &output) }
    }
}
