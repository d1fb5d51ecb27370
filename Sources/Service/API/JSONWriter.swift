package import NIOCore

/// Writes JSON text into a byte buffer, member by member; commas are put where they belong.
package struct JSONWriter: Sendable {
    package private(set) var buffer: ByteBuffer
    private var needsComma = false

    package init(capacity: Int = 1024) {
        buffer = ByteBuffer()
        buffer.reserveCapacity(capacity)
    }

    /// An object whose members `body` writes.
    package static func object(capacity: Int = 1024, _ body: (inout JSONWriter) throws -> Void) rethrows -> ByteBuffer {
        var writer = JSONWriter(capacity: capacity)
        try writer.object(body)
        return writer.buffer
    }

    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        open(0x7b)
        try body(&self)
        close(0x7d)
    }

    package mutating func array<C: Collection>(_ items: C, _ body: (inout JSONWriter, C.Element) throws -> Void) rethrows {
        open(0x5b)
        for item in items { try body(&self, item) }
        close(0x5d)
    }

    package mutating func member(_ name: StaticString) {
        write(byteCountMax: name.utf8CodeUnitCount + 3) { json in
            json.byte(0x22)
            json.add(name)
            json.add("\":")
        }
    }

    /// A member whose name is data.
    package mutating func member(named name: String) {
        string(name)
        buffer.writeInteger(UInt8(0x3a))
        needsComma = false
    }

    package mutating func member(_ name: StaticString, _ value: String?) {
        member(name)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ value: Int64) {
        member(name)
        integer(value)
    }

    package mutating func member(_ name: StaticString, _ value: Int) { member(name, Int64(value)) }

    package mutating func member(_ name: StaticString, _ value: Double) {
        member(name)
        number(value)
    }

    package mutating func member(_ name: StaticString, _ value: Bool) {
        member(name)
        separate()
        buffer.writeString(value ? "true" : "false")
        needsComma = true
    }

    package mutating func null() {
        separate()
        buffer.writeStaticString("null")
        needsComma = true
    }

    package mutating func integer(_ value: Int64) {
        separate()
        buffer.writeString(String(value))
        needsComma = true
    }

    /// Six digits after the point at most, up to 4.5 billion; what JSON has no number for becomes null.
    package mutating func number(_ value: Double) {
        self.value(byteCountMax: JSONCursor.numberByteCountMax) { $0.number(value) }
    }

    /// A value that `body` writes straight into the buffer, of at most so many bytes.
    mutating func value(byteCountMax: Int, _ body: (inout JSONCursor) -> Void) {
        write(byteCountMax: byteCountMax, body)
        needsComma = true
    }

    /// Writes in one piece, the comma before it included where one is due; none is due after it.
    private mutating func write(byteCountMax: Int, _ body: (inout JSONCursor) -> Void) {
        let comma = needsComma
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCountMax + 1) { memory in
            var cursor = JSONCursor(memory)
            if comma { cursor.byte(0x2c) }
            body(&cursor)
            return cursor.count
        }
        needsComma = false
    }

    /// Text that is JSON already.
    package mutating func raw(_ json: String) {
        separate()
        buffer.writeString(json)
        needsComma = true
    }

    package mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { bytes in
            // In pieces: what a long text may take escaped is many times what it does take.
            var start = 0
            repeat {
                let end = min(start + 1024, bytes.count)
                write(byteCountMax: JSONCursor.escapedByteCountMax * (end - start) + 2) { json in
                    if start == 0 { json.byte(0x22) }
                    json.escaped(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]))
                    if end == bytes.count { json.byte(0x22) }
                }
                start = end
            } while start < bytes.count
        }
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        buffer.writeInteger(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        buffer.writeInteger(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { buffer.writeInteger(UInt8(0x2c)) }
    }
}
