// hot path

/// Checks of UTF-8 (The Unicode Standard, table 3-7: well-formed byte sequences).
package enum UTF8Text {
    /// The length of the well-formed sequence at `offset`, or 0 where there is none before `end`.
    @inline(__always)
    static func sequenceLength(_ bytes: UnsafeRawPointer, at offset: Int, end: Int) -> Int {
        let lead = byte(bytes, offset)
        if lead < 0x80 { return 1 }
        let length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
        guard lead >= 0xc2, lead <= 0xf4, offset + length <= end else { return 0 }
        let second = byte(bytes, offset + 1)
        let low: UInt8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80
        let high: UInt8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf
        guard second >= low, second <= high else { return 0 }
        for index in 2..<max(length, 2) where byte(bytes, offset + index) & 0xc0 != 0x80 { return 0 }
        return length
    }

    /// True where the bytes `start..<end` are well-formed; eight ASCII bytes are passed at a time.
    @inline(__always)
    package static func isValid(_ bytes: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
        isASCII(bytes, start, end) || isWellFormed(bytes, start, end)
    }

    /// Ids nearly always are. What is left over from whole words is looked at as a word that overlaps the one before.
    @inline(__always)
    private static func isASCII(_ bytes: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
        let count = end - start
        if count >= 8 {
            var high = bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self)
            var offset = start
            while offset + 8 <= end {
                high |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            return high & 0x8080_8080_8080_8080 == 0
        }
        if count >= 4 {
            let high =
                bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self) | bytes.loadUnaligned(fromByteOffset: end - 4, as: UInt32.self)
            return high & 0x8080_8080 == 0
        }
        var high: UInt8 = 0
        for offset in start..<end { high |= byte(bytes, offset) }
        return high < 0x80
    }

    private static func isWellFormed(_ bytes: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
        var offset = start
        while offset < end {
            if offset + 8 <= end, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
                offset += 8
                continue
            }
            let length = sequenceLength(bytes, at: offset, end: end)
            if length == 0 { return false }
            offset += length
        }
        return true
    }

    /// Appends the UTF-8 form of a scalar value (not a surrogate).
    static func append(scalar: UInt32, to output: inout [UInt8]) {
        switch scalar {
        case 0..<0x80:
            output.append(UInt8(scalar))
        case 0x80..<0x800:
            output.append(UInt8(0xc0 | scalar >> 6))
            output.append(UInt8(0x80 | scalar & 0x3f))
        case 0x800..<0x1_0000:
            output.append(UInt8(0xe0 | scalar >> 12))
            output.append(UInt8(0x80 | scalar >> 6 & 0x3f))
            output.append(UInt8(0x80 | scalar & 0x3f))
        default:
            output.append(UInt8(0xf0 | scalar >> 18))
            output.append(UInt8(0x80 | scalar >> 12 & 0x3f))
            output.append(UInt8(0x80 | scalar >> 6 & 0x3f))
            output.append(UInt8(0x80 | scalar & 0x3f))
        }
    }

    @inline(__always)
    private static func byte(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt8 {
        bytes.load(fromByteOffset: offset, as: UInt8.self)
    }
}
