import Avro
package import EventLog
import Events

/// A record that a job could not use, as `dead_letters` keeps it.
package struct DeadLetter: Sendable {
    /// The letter's own id, derived from where the record stood: a letter that was written twice has it twice.
    package var id: String
    /// Where the record stood.
    package var origin: LogPosition
    /// The reason that its job gave, a `DeadLetterReason`.
    package var reason: String
    package var detail: String
    /// When it was given up, milliseconds since 1970.
    package var at: Int64
    /// The record's key; empty where that was not UTF-8.
    package var key: [UInt8]
    package var value: [UInt8]

    /// `topic/partition/offset`, as people name a letter.
    package var place: String { "\(origin.topic.name)/\(origin.partition)/\(origin.offset)" }
}

/// Reads dead letters by our schema, whichever version of it wrote them.
struct DeadLetterDecoder {
    private let schema: ParsedSchema
    private let places: [String: Int]
    private var resolutions: [Int32: Resolution] = [:]

    init(schemas: EventSchemas) {
        schema = schemas[.deadLetter]
        places = Dictionary(uniqueKeysWithValues: schemas.fields(of: .deadLetter).enumerated().map { ($1.name, $0) })
    }

    /// Nil for a record that is no dead letter, such as a foreign one.
    mutating func letter(_ value: UnsafeRawBufferPointer, writer: (Int32) throws -> ParsedSchema?) throws -> DeadLetter? {
        guard let id = EventRenderer.schemaID(of: value) else { return nil }
        if resolutions[id] == nil, let writer = try writer(id) { resolutions[id] = try? Resolution(writer: writer, reader: schema) }
        var reader = AvroReader(value, offset: 5, end: value.count)
        guard case .record(let fields)? = try? resolutions[id]?.decode(from: &reader) else { return nil }
        return letter(fields)
    }

    private func letter(_ fields: [Value]) -> DeadLetter? {
        func field(_ name: String) -> Value { places[name].map { fields[$0] } ?? .null }
        guard case .string(let id) = field("event_id"), case .string(let user) = field("user_id"),
            case .long(let at) = field("timestamp"), case .string(let name) = field("source_topic"), let topic = Topic(name: name),
            case .int(let partition) = field("source_partition"), case .long(let offset) = field("source_offset"),
            case .string(let reason) = field("reason"), case .string(let detail) = field("detail"), case .bytes(let value) = field("value")
        else { return nil }
        return DeadLetter(
            id: id, origin: LogPosition(topic: topic, partition: partition, offset: offset), reason: reason, detail: detail, at: at,
            key: Array(user.utf8), value: value)
    }
}
