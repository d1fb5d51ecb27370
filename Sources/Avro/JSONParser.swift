/// Reads JSON (RFC 8259) into nodes. For schemas and their defaults, which are small; strict, and bounded in depth.
struct JSONParser {
    private static let depthMax = 256
    private let bytes: [UInt8]
    private var offset = 0

    /// Parses a whole text.
    static func parse(_ text: String) throws(AvroError) -> JSONNode {
        var parser = JSONParser(bytes: [UInt8](text.utf8))
        let node = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.offset == parser.bytes.count else { throw parser.error("there is text after the end of the value") }
        return node
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func error(_ message: String) -> AvroError {
        let line = bytes[..<min(offset, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1
        return AvroError(.schema, "not JSON (line \(line), byte \(offset)): \(message)")
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(AvroError) {
        skipSpace()
        guard next == byte else { throw error("expected '\(Character(Unicode.Scalar(byte)))'") }
        offset += 1
    }

    /// Steps over `byte` if it comes next after white space.
    private mutating func accept(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(AvroError) -> JSONNode {
        guard depth < Self.depthMax else { throw error("nested more than \(Self.depthMax) levels deep") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("the text ends where a value should stand")
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ node: JSONNode) throws(AvroError) -> JSONNode {
        guard bytes[offset...].starts(with: word.utf8) else { throw error("expected '\(word)'") }
        offset += word.utf8.count
        return node
    }

    private mutating func object(depth: Int) throws(AvroError) -> JSONNode {
        offset += 1
        var members: [JSONNode.Member] = []
        var names: Set<String> = []
        if accept(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a member's name in quotes") }
            let name = try string()
            guard names.insert(name).inserted else { throw error("the member \"\(name)\" stands twice in one object") }
            try expect(UInt8(ascii: ":"))
            members.append(JSONNode.Member(name: name, value: try value(depth: depth + 1)))
        } while accept(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func array(depth: Int) throws(AvroError) -> JSONNode {
        offset += 1
        var items: [JSONNode] = []
        if accept(UInt8(ascii: "]")) { return .array(items) }
        repeat { items.append(try value(depth: depth + 1)) } while accept(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return .array(items)
    }

    private mutating func digits() throws(AvroError) {
        let start = offset
        while let byte = next, byte >= 0x30 && byte <= 0x39 { offset += 1 }
        guard offset > start else { throw error("expected a value") }
    }

    private mutating func number() throws(AvroError) -> JSONNode {
        let start = offset
        var isInteger = true
        if next == UInt8(ascii: "-") { offset += 1 }
        let leading = next
        let first = offset
        try digits()
        guard leading != UInt8(ascii: "0") || offset == first + 1 else { throw error("a number must not begin with 0") }
        if next == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try digits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("the number \(text) is beyond a double") }
        return .number(value)
    }

    private mutating func string() throws(AvroError) -> String {
        offset += 1
        var output: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: output, as: UTF8.self)
            case UInt8(ascii: "\\"): output.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw error("a control character in a string must be escaped")
            default: output.append(byte)
            }
        }
        throw error("the text ends inside a string")
    }

    private mutating func escape() throws(AvroError) -> String {
        guard let byte = next else { throw error("the text ends inside a string") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("unknown escape in a string")
        }
    }

    /// The rest of a `\u` escape, with its second half where it is a surrogate pair.
    private mutating func unicodeEscape() throws(AvroError) -> String {
        var code = try fourHexDigits()
        if code >= 0xd800 && code < 0xdc00, next == UInt8(ascii: "\\"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "u") {
            offset += 2
            let low = try fourHexDigits()
            guard low >= 0xdc00 && low < 0xe000 else { throw error("half of a surrogate pair in a string") }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair in a string") }
        return String(scalar)
    }

    private mutating func fourHexDigits() throws(AvroError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits after \\u")
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        return code
    }
}
