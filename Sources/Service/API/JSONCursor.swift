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

    mutating func add(_ text: StaticString) {
        place.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        place += text.utf8CodeUnitCount
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(place).copyMemory(from: base, byteCount: bytes.count)
        place += bytes.count
    }

    /// The inside of a JSON string.
    mutating func escaped(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while let end = rest.firstIndex(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5c }) {
            add(UnsafeRawBufferPointer(rebasing: rest[..<end]))
            escape(rest[end])
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        add(rest)
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

    /// Six digits after the point at most; what JSON has no number for becomes null.
    mutating func number(_ value: Double) {
        guard value.isFinite else { return add("null") }
        let scaled = value * 1_000_000
        guard abs(scaled) < 9e15 else {
            var text = "\(value)"
            return text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
        }
        let millionths = Int64(scaled.rounded())
        if millionths < 0 { byte(0x2d) }
        integer(millionths.magnitude / 1_000_000)
        let fraction = UInt32(truncatingIfNeeded: millionths.magnitude % 1_000_000)
        if fraction == 0 { return }
        byte(0x2e)
        threeDigits(fraction / 1000)
        threeDigits(fraction % 1000)
        while place[-1] == 0x30 { place -= 1 }
    }

    private mutating func threeDigits(_ value: UInt32) {
        place[0] = 0x30 + UInt8(truncatingIfNeeded: value / 100)
        place[1] = 0x30 + UInt8(truncatingIfNeeded: value / 10 % 10)
        place[2] = 0x30 + UInt8(truncatingIfNeeded: value % 10)
        place += 3
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
