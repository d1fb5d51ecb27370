/// A JSON value as a schema's text holds it: integers stand apart from other numbers, members keep their order.
indirect enum JSONNode: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([Member])

    /// One `"name": value` of an object.
    struct Member: Sendable, Hashable {
        var name: String
        var value: JSONNode
    }

    /// The value of a member; nil where this is no object or has no such member.
    subscript(name: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number with a fraction or beyond 64 bits"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
