// hot path

extension JSONScanner {
    /// Scans the string whose opening quote stands at the offset, eight plain bytes at a time.
    mutating func scanText() throws(JSONFault) -> JSONToken {
        offset += 1
        let start = offset
        var isEscaped = false
        while true {
            skipPlainBytes()
            guard offset < end else { throw JSONFault(code: .truncated, offset: end) }
            let next = byte(offset)
            if next == UInt8(ascii: "\"") {
                offset += 1
                return JSONToken(kind: .string, isEscaped: isEscaped, start: start, end: offset - 1)
            }
            if next == UInt8(ascii: "\\") {
                isEscaped = true
                try skipEscape()
            } else if next < 0x20 {
                throw JSONFault(code: .malformed, offset: offset)
            } else {
                let length = UTF8Text.sequenceLength(bytes, at: offset, end: end)
                if length == 0 { throw JSONFault(code: .invalidUTF8, offset: offset) }
                offset += length
            }
        }
    }

    /// Passes bytes up to the first quote, backslash, control character or byte beyond ASCII.
    @inline(__always)
    private mutating func skipPlainBytes() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while offset + 8 <= end {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5c)
            // A borrow can only mark bytes above a true one, so the lowest mark is exact.
            let marks =
                (word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | (word &- ones &* 0x20) & ~word) & highs
            if marks != 0 {
                offset += marks.trailingZeroBitCount >> 3
                return
            }
            offset += 8
        }
        while offset < end {
            let next = byte(offset)
            if next == 0x22 || next == 0x5c || next < 0x20 || next >= 0x80 { return }
            offset += 1
        }
    }

    private mutating func skipEscape() throws(JSONFault) {
        offset += 1
        guard offset < end else { throw JSONFault(code: .truncated, offset: end) }
        switch byte(offset) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 1
        case UInt8(ascii: "u"):
            offset += 1
            for _ in 0..<4 {
                guard offset < end, hexDigit(byte(offset)) != nil else { throw unexpected() }
                offset += 1
            }
        default:
            throw unexpected()
        }
    }

    /// Appends what the string means, escapes decoded to UTF-8; false at a surrogate without its partner.
    func unescape(_ token: JSONToken, into output: inout [UInt8]) -> Bool {
        var position = token.start
        while position < token.end {
            let next = byte(position)
            position += 1
            guard next == UInt8(ascii: "\\") else {
                output.append(next)
                continue
            }
            let letter = byte(position)
            position += 1
            switch letter {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0c)
            case UInt8(ascii: "n"): output.append(0x0a)
            case UInt8(ascii: "r"): output.append(0x0d)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(at: &position, end: token.end) else { return false }
                UTF8Text.append(scalar: scalar, to: &output)
            default: output.append(letter)
            }
        }
        return true
    }

    /// The scalar value of the hexadecimal digits at `position` (behind `\u`), a surrogate joined with its partner.
    private func scalar(at position: inout Int, end: Int) -> UInt32? {
        let unit = codeUnit(at: position)
        position += 4
        guard unit & 0xf800 == 0xd800 else { return unit }
        guard unit < 0xdc00, position + 6 <= end, byte(position) == UInt8(ascii: "\\"), byte(position + 1) == UInt8(ascii: "u") else {
            return nil
        }
        let partner = codeUnit(at: position + 2)
        guard partner & 0xfc00 == 0xdc00 else { return nil }
        position += 6
        return 0x1_0000 + (unit & 0x3ff) << 10 + partner & 0x3ff
    }

    private func codeUnit(at position: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 4 | UInt32(hexDigit(byte(position + $1)) ?? 0) }
    }
}

/// The value of a hexadecimal digit.
@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
