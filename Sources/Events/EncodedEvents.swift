// hot path

/// What became of one event of a body.
package enum Verdict: Sendable {
    /// To be appended: `key` is the user id, `value` Confluent wire format (0, the schema's id in 4 bytes, Avro binary).
    /// Both are slices of `EncodedEvents.bytes`.
    case accepted(topic: Topic, eventID: EventID, key: Slice, value: Slice)
    case refused([FieldProblem])
}

/// The events of one body, encoded; reused from body to body.
package struct EncodedEvents: Sendable {
    package var bytes: [UInt8] = []
    /// One verdict an event, in the order of the body.
    package var verdicts: [Verdict] = []

    package init() {}

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        verdicts.removeAll(keepingCapacity: true)
    }
}

/// How the events of a body are laid out.
package enum BodyFormat: Sendable {
    /// One object, or an array of objects.
    case json
    /// One object a line.
    case ndjson
}
