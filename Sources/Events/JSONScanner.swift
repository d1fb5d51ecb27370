// hot path

/// Walks JSON text (RFC 8259) once, checking grammar and UTF-8 and answering where values stand; builds nothing.
///
/// Containers are walked with a bit stack instead of recursion, so the depth of hostile input costs nothing.
struct JSONScanner {
    let bytes: UnsafeRawPointer
    var offset: Int
    let end: Int
    /// Containers that may be open at once, at most 64 (the bits of the stack).
    let depthMax: Int

    init(_ body: UnsafeRawBufferPointer, start: Int, end: Int, depthMax: Int) {
        precondition(start >= 0 && end <= body.count && body.baseAddress != nil && depthMax <= 64)
        bytes = body.baseAddress!
        offset = start
        self.end = end
        self.depthMax = depthMax
    }

    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { bytes.load(fromByteOffset: offset, as: UInt8.self) }

    /// Passes white space.
    @inline(__always)
    mutating func skipSpace() {
        while offset < end {
            let next = byte(offset)
            guard next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 else { return }
            offset += 1
        }
    }

    /// The next byte that is not white space; the offset stays on it.
    @inline(__always)
    mutating func peek() throws(JSONFault) -> UInt8 {
        skipSpace()
        guard offset < end else { throw JSONFault(code: .truncated, offset: end) }
        return byte(offset)
    }

    /// The fault of an unexpected byte at the offset.
    func unexpected() -> JSONFault {
        guard offset < end else { return JSONFault(code: .truncated, offset: end) }
        let isText = UTF8Text.sequenceLength(bytes, at: offset, end: end) > 0
        return JSONFault(code: isText ? .malformed : .invalidUTF8, offset: offset)
    }

    /// Scans the value at the offset, which has `depth` containers open around it.
    mutating func scanValue(depth: Int) throws(JSONFault) -> JSONToken {
        let first = try peek()
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            let start = offset
            try skipContainer(depth: depth)
            return JSONToken(kind: first == UInt8(ascii: "{") ? .object : .array, start: start, end: offset)
        }
        return try scanScalar(first)
    }

    /// Scans the members of the object at the offset into `members` (emptied first); members beyond `countMax` are passed over.
    /// Answers the count of all members.
    mutating func scanMembers(into members: inout [JSONMember], countMax: Int, depth: Int) throws(JSONFault) -> Int {
        guard depth < depthMax else { throw JSONFault(code: .tooDeep, offset: offset) }
        members.removeAll(keepingCapacity: true)
        var count = 0
        offset += 1
        if try peek() == UInt8(ascii: "}") {
            offset += 1
            return 0
        }
        while true {
            let key = try scanKey()
            let value = try scanValue(depth: depth + 1)
            if count < countMax { members.append(JSONMember(key: key, value: value)) }
            count += 1
            let next = try peek()
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else { throw unexpected() }
            offset += 1
            if next == UInt8(ascii: "}") { return count }
        }
    }

    /// Scans a key and the colon behind it.
    private mutating func scanKey() throws(JSONFault) -> JSONToken {
        guard try peek() == UInt8(ascii: "\"") else { throw unexpected() }
        let key = try scanText()
        guard try peek() == UInt8(ascii: ":") else { throw unexpected() }
        offset += 1
        return key
    }

    private mutating func scanScalar(_ first: UInt8) throws(JSONFault) -> JSONToken {
        switch first {
        case UInt8(ascii: "\""): try scanText()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
        case UInt8(ascii: "t"): try scanWord("true", .boolTrue)
        case UInt8(ascii: "f"): try scanWord("false", .boolFalse)
        case UInt8(ascii: "n"): try scanWord("null", .null)
        default: throw unexpected()
        }
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONKind) throws(JSONFault) -> JSONToken {
        let start = offset
        for index in 0..<word.utf8CodeUnitCount {
            guard offset < end, byte(offset) == word.utf8Start[index] else { throw unexpected() }
            offset += 1
        }
        return JSONToken(kind: kind, start: start, end: offset)
    }

    private mutating func scanNumber() throws(JSONFault) -> JSONToken {
        let start = offset
        var kind = JSONKind.integer
        if byte(offset) == UInt8(ascii: "-") { offset += 1 }
        if offset < end, byte(offset) == UInt8(ascii: "0") {
            offset += 1
        } else {
            try skipDigits()
        }
        if offset < end, byte(offset) == UInt8(ascii: ".") {
            kind = .decimal
            offset += 1
            try skipDigits()
        }
        if offset < end, byte(offset) | 0x20 == UInt8(ascii: "e") {
            kind = .decimal
            offset += 1
            if offset < end, byte(offset) == UInt8(ascii: "+") || byte(offset) == UInt8(ascii: "-") { offset += 1 }
            try skipDigits()
        }
        return JSONToken(kind: kind, start: start, end: offset)
    }

    private mutating func skipDigits() throws(JSONFault) {
        let start = offset
        while offset < end, byte(offset) &- UInt8(ascii: "0") < 10 { offset += 1 }
        if offset == start { throw unexpected() }
    }

    /// Passes the container at the offset, and all that stands in it.
    private mutating func skipContainer(depth outer: Int) throws(JSONFault) {
        var isObject: UInt64 = 0
        var level = 0
        repeat {
            var hasValue = true
            let first = try peek()
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                guard outer + level < depthMax else { throw JSONFault(code: .tooDeep, offset: offset) }
                isObject = isObject << 1 | (first == UInt8(ascii: "{") ? 1 : 0)
                level += 1
                offset += 1
                hasValue = try peek() == first + 2
                if hasValue {
                    offset += 1
                    isObject >>= 1
                    level -= 1
                } else if isObject & 1 == 1 {
                    _ = try scanKey()
                }
            } else {
                _ = try scanScalar(first)
            }
            if hasValue { try closeContainers(&isObject, &level) }
        } while level > 0
    }

    /// Behind a value: passes closing brackets up to the comma (and key) before the next value, or to the end of the outermost container.
    private mutating func closeContainers(_ isObject: inout UInt64, _ level: inout Int) throws(JSONFault) {
        while level > 0 {
            let next = try peek()
            let inObject = isObject & 1 == 1
            if next == UInt8(ascii: ",") {
                offset += 1
                if inObject { _ = try scanKey() }
                return
            }
            guard next == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw unexpected() }
            offset += 1
            isObject >>= 1
            level -= 1
        }
    }
}
