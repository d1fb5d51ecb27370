// hot path

/// What a JSON value is.
enum JSONKind: UInt8 {
    /// `integer` is a number without fraction and exponent, `decimal` one with.
    case string, integer, decimal, boolTrue, boolFalse, null, array, object
}

/// A JSON value's place in the body: bytes `start..<end`, the quotes of a string left out.
struct JSONToken: BitwiseCopyable {
    var kind: JSONKind
    /// True for a string with a backslash in it.
    var isEscaped = false
    var start: Int
    var end: Int

    var count: Int { end - start }
}

/// A member of a JSON object.
struct JSONMember: BitwiseCopyable {
    var key: JSONToken
    var value: JSONToken
}

/// Where and why a body cannot be read.
struct JSONFault: Error, BitwiseCopyable {
    enum Code: UInt8 {
        case malformed, severalObjects, truncated, tooDeep, invalidUTF8, empty, tooManyEvents
    }
    var code: Code
    /// Bytes from the start of the body.
    var offset: Int
}
