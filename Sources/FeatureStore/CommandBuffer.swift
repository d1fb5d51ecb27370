// hot path
internal import Features

/// Commands in Redis' wire format (RESP: arrays of bulk strings), one after the other in one reused buffer.
struct CommandBuffer {
    private(set) var bytes: [UInt8] = []
    /// Commands begun since the last `removeAll`.
    private(set) var count = 0

    /// Begins a command, of which exactly `argumentCount` arguments must follow.
    mutating func command(_ name: StaticString, argumentCount: Int) {
        count += 1
        header(UInt8(ascii: "*"), argumentCount + 1)
        argument(name)
    }

    mutating func argument(_ text: StaticString) {
        header(UInt8(ascii: "$"), text.utf8CodeUnitCount)
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        lineEnd()
    }

    mutating func argument(_ text: UnsafeRawBufferPointer) {
        header(UInt8(ascii: "$"), text.count)
        bytes.append(contentsOf: text)
        lineEnd()
    }

    mutating func argument(_ text: [UInt8]) {
        text.withUnsafeBytes { argument($0) }
    }

    /// Two texts as one argument: a key's prefix and what it is the key of.
    mutating func argument(_ first: [UInt8], _ second: UnsafeRawBufferPointer) {
        header(UInt8(ascii: "$"), first.count + second.count)
        bytes.append(contentsOf: first)
        bytes.append(contentsOf: second)
        lineEnd()
    }

    mutating func argument(_ number: Int64) {
        header(UInt8(ascii: "$"), CommandBuffer.digitCount(number))
        decimal(number)
        lineEnd()
    }

    /// A position as the 16 bytes that a value begins with; nil as the empty text, which is what an absent key's head is.
    mutating func argument(_ position: Position?) {
        guard let position else { return argument("") }
        header(UInt8(ascii: "$"), 16)
        withUnsafeBytes(of: position.generation.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: position.offset.bigEndian) { bytes.append(contentsOf: $0) }
        lineEnd()
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    private mutating func header(_ kind: UInt8, _ number: Int) {
        bytes.append(kind)
        decimal(Int64(number))
        lineEnd()
    }

    private mutating func lineEnd() {
        bytes.append(13)
        bytes.append(10)
    }

    private mutating func decimal(_ number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let first = bytes.count
        repeat {
            bytes.append(48 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[first...].reverse()
    }

    private static func digitCount(_ number: Int64) -> Int {
        var rest = number.magnitude
        var count = number < 0 ? 2 : 1
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
