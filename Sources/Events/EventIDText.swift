// hot path

extension EventID {
    /// Reads the text form of a UUID (RFC 9562, section 4): 8-4-4-4-12 hexadecimal digits of either case.
    package init?(text: UnsafeRawBufferPointer) {
        guard text.count == 36, let base = text.baseAddress else { return nil }
        let hyphens = (text[8] ^ 0x2d) | (text[13] ^ 0x2d) | (text[18] ^ 0x2d) | (text[23] ^ 0x2d)
        var invalid = UInt64(hyphens)
        let parts = (
            Self.digits(Self.word(base, 0, 4), &invalid), Self.digits(Self.word(base, 9, 14), &invalid),
            Self.digits(Self.word(base, 19, 24), &invalid), Self.digits(Self.word(base, 28, 32), &invalid)
        )
        guard invalid == 0 else { return nil }
        self.init(high: parts.0 << 32 | parts.1, low: parts.2 << 32 | parts.3)
    }

    /// Eight characters from two places, the first one highest.
    @inline(__always)
    private static func word(_ text: UnsafeRawPointer, _ first: Int, _ second: Int) -> UInt64 {
        let high = UInt32(bigEndian: text.loadUnaligned(fromByteOffset: first, as: UInt32.self))
        let low = UInt32(bigEndian: text.loadUnaligned(fromByteOffset: second, as: UInt32.self))
        return UInt64(high) << 32 | UInt64(low)
    }

    /// The value of eight hexadecimal digits, all at once in the bytes of a word; `invalid` is not 0 afterwards where one is none.
    ///
    /// Letters have bit 6 and count from 1 in their low four bits. A byte is right where it has a letter's bit just when its value is ten
    /// or more, and where its value written out in lower case is the byte again.
    @inline(__always)
    private static func digits(_ word: UInt64, _ invalid: inout UInt64) -> UInt64 {
        let letters = word >> 6 & 0x0101_0101_0101_0101
        var value = (word & 0x0f0f_0f0f_0f0f_0f0f) &+ (letters &* 9)
        let isTen = (value &+ 0x0606_0606_0606_0606) & 0x1010_1010_1010_1010
        invalid |= isTen ^ (letters << 4)
        invalid |= (value &+ 0x3030_3030_3030_3030 &+ (letters &* 39)) ^ (word | letters << 5)
        invalid |= value & 0xf0f0_f0f0_f0f0_f0f0
        value = (value | value >> 4) & 0x00ff_00ff_00ff_00ff
        value = (value | value >> 8) & 0x0000_ffff_0000_ffff
        return (value | value >> 16) & 0xffff_ffff
    }

    /// Appends the 36 bytes of the text form, in lower case.
    package func append(to output: inout [UInt8]) {
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { output.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - index % 16 * 4)) & 0x0f
            output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }
}
