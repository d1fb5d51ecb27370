// hot path

/// Writes values in Avro binary (Avro 1.11 specification, "Binary Encoding") into memory that is known to be large enough.
package struct AvroCursor {
    /// Bytes of a `long` at most.
    package static let longByteCountMax = 10

    @usableFromInline var place: UnsafeMutablePointer<UInt8>
    @usableFromInline let start: UnsafeMutablePointer<UInt8>

    @inlinable
    package init(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { preconditionFailure("there is room to write to") }
        start = base.assumingMemoryBound(to: UInt8.self)
        place = start
    }

    /// Bytes written.
    @inlinable
    package var count: Int { place - start }

    /// Writes an `int` or a `long`: a zigzag varint. Also a count, a union's branch and an enum's symbol.
    @inlinable
    package mutating func long(_ value: Int64) {
        AvroWriter.long(value) { byte($0) }
    }

    /// Writes a length and the bytes.
    @inlinable
    package mutating func bytes(_ value: UnsafeRawBufferPointer) {
        long(Int64(value.count))
        encoded(value)
    }

    /// Writes what is encoded already.
    @inlinable
    package mutating func encoded(_ value: UnsafeRawBufferPointer) {
        guard let base = value.baseAddress else { return }
        UnsafeMutableRawPointer(place).copyMemory(from: base, byteCount: value.count)
        place += value.count
    }

    @inlinable
    package mutating func byte(_ value: UInt8) {
        place.pointee = value
        place += 1
    }
}
