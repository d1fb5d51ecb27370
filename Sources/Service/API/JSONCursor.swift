// hot path

/// Writes JSON text into memory that is known to be large enough.
struct JSONCursor {
    private var place: UnsafeMutablePointer<UInt8>
    private let start: UnsafeMutablePointer<UInt8>

    /// Bytes that `number` writes at most, and `escaped` for each byte of a text.
    static let numberByteCountMax = 32
    static let escapedByteCountMax = 6

    init(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { preconditionFailure("there is room to write to") }
        start = base.assumingMemoryBound(to: UInt8.self)
        place = start
    }

    /// Bytes written.
    var count: Int { place - start }

    mutating func byte(_ value: UInt8) {
        place.pointee = value
        place += 1
    }

    @inline(__always)
    mutating func add(_ text: StaticString) {
        place.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        place += text.utf8CodeUnitCount
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(place).copyMemory(from: base, byteCount: bytes.count)
        place += bytes.count
    }

    /// The first `count` of the bytes; there is room for all.
    @inline(__always)
    mutating func add(_ bytes: SIMD32<UInt8>, count: Int) {
        UnsafeMutableRawPointer(place).storeBytes(of: bytes, as: SIMD32<UInt8>.self)
        place += count
    }

    /// Ends an object that was begun here and whose members each end with a comma.
    mutating func closeObject() {
        if place[-1] == 0x2c { place[-1] = 0x7d } else { byte(0x7d) }
    }

    /// The inside of a JSON string: eight bytes at a time up to the next one that is to be escaped.
    mutating func escaped(_ bytes: UnsafeRawBufferPointer) {
        var next = 0
        while next < bytes.count {
            if bytes.count - next >= 8 {
                let word = bytes.loadUnaligned(fromByteOffset: next, as: UInt64.self)
                UnsafeMutableRawPointer(place).storeBytes(of: word, as: UInt64.self)
                let plain = Self.plainByteCount(UInt64(littleEndian: word))
                place += plain
                next += plain
                if plain == 8 { continue }
            }
            let value = bytes[next]
            if value < 0x20 || value == 0x22 || value == 0x5c { escape(value) } else { byte(value) }
            next += 1
        }
    }

    /// How many bytes stand before the first that is below 0x20, a quotation mark or a backslash. The lowest such byte is found exactly
    /// (Warren, Hacker's Delight, 2nd ed., 6–1: false marks come only behind a true one).
    private static func plainByteCount(_ word: UInt64) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let (quotes, backslashes) = (word ^ ones &* 0x22, word ^ ones &* 0x5c)
        let control = (word &- ones &* 0x20) & ~word
        let marks = (control | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes) & 0x8080_8080_8080_8080
        return marks == 0 ? 8 : marks.trailingZeroBitCount / 8
    }

    private mutating func escape(_ value: UInt8) {
        switch value {
        case 0x22: add("\\\"")
        case 0x5c: add("\\\\")
        case 0x0a: add("\\n")
        case 0x09: add("\\t")
        case 0x0d: add("\\r")
        default:
            add(value < 16 ? "\\u000" : "\\u001")
            let low = value & 15
            byte(low < 10 ? 0x30 + low : 0x57 + low)
        }
    }

    /// Six digits after the point at most, rounded to the nearest, the even one of two; beyond 4.5 billion as many as there are. What JSON has no
    /// number for becomes null.
    mutating func number(_ value: Double) {
        guard value.isFinite else { return add("null") }
        let scaled = value * 1_000_000
        guard abs(scaled) < 4.5e15 else {
            var text = "\(value)"
            return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        // From 2^52 on a Double has no digits behind the point: the sum's lowest bits are the nearest whole number.
        let millionths = (abs(scaled) + 0x1p52).bitPattern &- (0x1p52).bitPattern
        if value < 0 && millionths > 0 { byte(0x2d) }
        integer(millionths / 1_000_000)
        let fraction = UInt32(truncatingIfNeeded: millionths % 1_000_000)
        if fraction == 0 { return }
        byte(0x2e)
        let digits = Self.digits(fraction * 100)
        UnsafeMutableRawPointer(place).storeBytes(of: (digits | 0x3030_3030_3030_3030).littleEndian, as: UInt64.self)
        // No zeros at the end.
        place += 8 - digits.leadingZeroBitCount / 8
    }

    /// The eight digits of a number below 10^8, a byte each, the first one lowest: halves, then quarters, then single ones, all at once; division
    /// by multiplication with a reciprocal (Warren, Hacker's Delight, 2nd ed., 10–9).
    @inline(__always)
    private static func digits(_ value: UInt32) -> UInt64 {
        let fours = UInt64(value / 10_000) | UInt64(value % 10_000) << 32
        // x · 10,486 / 2^20 is x / 100 below 10,000, and x · 103 / 2^10 is x / 10 below 100.
        let hundreds = ((fours &* 10_486) >> 20) & 0x7f_0000_007f
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = ((twos &* 103) >> 10) & 0x000f_000f_000f_000f
        return tens | (twos &- tens &* 10) << 8
    }

    mutating func integer(_ value: UInt64) {
        if value < 10 { return byte(0x30 + UInt8(truncatingIfNeeded: value)) }
        let first = place
        var rest = value
        repeat {
            byte(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var digits = UnsafeMutableBufferPointer(start: first, count: place - first)
        digits.reverse()
    }
}
