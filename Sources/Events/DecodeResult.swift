// hot path

/// What became of the value of a record.
package enum DecodeResult: Sendable, Hashable {
    case event
    /// The schema of this id is not registered yet: fetch it, `register` it, decode again.
    case unknownSchema(Int32)
    /// For the dead letters.
    case undecodable(Undecodable)
}

/// Why a value cannot be decoded; the raw value is the reason of its dead letter.
package enum Undecodable: String, Error, Sendable, BitwiseCopyable {
    /// Not Confluent wire format: no magic byte 0, or shorter than the schema's id.
    case foreignFormat = "foreign_format"
    /// The writer's schema is no schema of an event; `EventDecoder.incompatibility` says why.
    case incompatibleSchema = "incompatible_schema"
    /// The bytes are not what the writer's schema says: they end too soon, or go on.
    case malformedAvro = "malformed_avro"
    case invalidUTF8 = "invalid_utf8"
    case invalidEventID = "invalid_event_id"
    case unknownEventType = "unknown_event_type"
    /// A union's branch that our schema has no place for, such as null in a field that must be given.
    case unexpectedBranch = "unexpected_branch"
    /// A number beyond what its field may be.
    case outOfRange = "out_of_range"
    /// A text that is empty where it must not be, or longer than it may be.
    case textLength = "text_length"
}
