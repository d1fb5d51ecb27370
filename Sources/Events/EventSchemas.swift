package import Avro

/// Our schemas of all event types: what the gateway writes by and the decoder reads by.
package struct EventSchemas: Sendable {
    private let parsed: [EventType: ParsedSchema]

    /// Parses the texts of the `.avsc` files, in whatever order; each must be the record of one event type, and none may be missing.
    package init(sources: [String]) throws(EventError) {
        var parsed: [EventType: ParsedSchema] = [:]
        for source in sources {
            let schema = try Self.parse(source)
            guard case .record(let record) = schema.root, let type = EventType(recordName: record.name) else {
                throw EventError("Reading the event schemas: the schema \(source.prefix(80))… is not a record named after an event type.")
            }
            guard parsed.updateValue(schema, forKey: type) == nil else {
                throw EventError("Reading the event schemas: \(type.rawValue) is given twice; keep one of its files.")
            }
            try Self.checkFields(of: record)
        }
        let missing = EventType.allCases.filter { parsed[$0] == nil }
        guard missing.isEmpty else {
            let names = missing.map { $0.schemaPath }.joined(separator: ", ")
            throw EventError("Reading the event schemas: missing are \(names); restore these files.")
        }
        self.parsed = parsed
    }

    /// The schema of a type.
    package subscript(type: EventType) -> ParsedSchema {
        guard let schema = parsed[type] else { preconditionFailure("no schema of \(type.rawValue)") }
        return schema
    }

    /// The fields of a type, in the order in which they are encoded.
    package func fields(of type: EventType) -> [Field] {
        guard case .record(let record) = self[type].root else { preconditionFailure("\(type.rawValue) is no record") }
        return record.fields
    }

    private static func parse(_ source: String) throws(EventError) -> ParsedSchema {
        do {
            return try ParsedSchema(json: source)
        } catch {
            throw EventError("Reading the event schema \(source.prefix(80))…: \(error)")
        }
    }

    /// The fields that every event has, with their types.
    private static let commonFields: [(name: String, schema: Schema)] = [
        ("event_id", .logical(.uuid, .string)), ("event_type", .string), ("user_id", .string), ("device_id", .string),
        ("session_id", .string), ("timestamp", .logical(.timestampMillis, .long)), ("region", .string),
    ]

    /// The names of the fields that every event has, in their order.
    static var commonFieldNames: [String] { commonFields.map(\.name) }

    /// True for the fields that every event has.
    static func isCommon(_ field: String) -> Bool { commonFields.contains { $0.name == field } }

    private static func checkFields(of record: RecordSchema) throws(EventError) {
        for (name, schema) in commonFields {
            guard record.fields.contains(where: { $0.name == name && $0.schema == schema }) else {
                throw EventError("Reading the event schema \(record.name): the field \(name) is missing or of another type than \(schema).")
            }
        }
        for field in record.fields {
            guard let shape = FieldShape(field.schema), field.fallback.map({ shape.encode($0) != nil }) ?? true else {
                throw EventError(
                    "Reading the event schema \(record.name): the field \(field.name) has a type or default that events do not use; "
                        + "take string, bytes, int, long, double, boolean, an array of string, int or long (default []), or a union of one with null."
                )
            }
        }
    }
}

extension EventType {
    /// Where the type's schema stands in `Data/schemas`: `<topic>/<event_type>.avsc`.
    package var schemaPath: String {
        switch self {
        case .userErased, .definitionsChanged, .erasedResidue, .deadLetter: "internal/\(rawValue).avsc"
        default: "\(topic?.name ?? "internal")/\(rawValue).avsc"
        }
    }

    /// The type whose Avro record bears this name; a namespace does not count (Avro 1.11, "Schema Resolution").
    package init?(recordName: String) {
        self.init(rawValue: String(recordName.split(separator: ".").last ?? ""))
    }
}
