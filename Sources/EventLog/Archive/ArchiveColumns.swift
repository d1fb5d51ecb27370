internal import Avro
package import Events

/// The record schema of a topic's archive files: the record as it stood on the log, then the fields of the topic's events as nullable columns.
///
/// `log_value` is the truth, byte for byte; the columns are copies for engines that query the files, null where an event has no such field or
/// could not be decoded.
package struct ArchiveColumns: Sendable {
    /// Fields before the columns: partition, offset, append time, key, schema id, value.
    static let envelopeCount = 6

    let topic: Topic
    let schema: ParsedSchema
    let names: [String]
    let forms: [PlainFields.Form]

    /// The columns of a topic: the fields of all event types that it holds, the common ones first.
    package init(topic: Topic, schemas: EventSchemas) throws(LogError) {
        var names: [String] = []
        var types: [String] = []
        for type in EventType.allCases.filter({ $0.topic == topic }) + [.userErased, .erasedResidue] {
            for field in schemas.fields(of: type) where !names.contains(field.name) {
                guard let text = ArchiveColumns.json(field.schema) else { continue }
                names.append(field.name)
                types.append(text)
            }
        }
        do {
            schema = try ParsedSchema(json: ArchiveColumns.record(topic, zip(names, types).map { ($0, $1) }))
        } catch {
            throw LogError(.invalid, "making the schema of the archive of \(topic.name): \(error)")
        }
        guard case .record(let record) = schema.root else { preconditionFailure("the archive's schema is a record") }
        let schema = schema
        self.topic = topic
        self.names = names
        let columns = PlainFields(record.fields[ArchiveColumns.envelopeCount...].map(\.schema), of: schema)
        forms = columns.indices.map(columns.form)
    }

    private static func record(_ topic: Topic, _ columns: [(name: String, type: String)]) -> String {
        let nullable = columns.map { "{\"name\":\"\($0.name)\",\"type\":[\"null\",\($0.type)],\"default\":null}" }
        let time = "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
        let envelope = [
            "{\"name\":\"log_partition\",\"type\":\"int\"}", "{\"name\":\"log_offset\",\"type\":\"long\"}",
            "{\"name\":\"log_append_time\",\"type\":\(time)}",
            "{\"name\":\"log_key\",\"type\":\"bytes\",\"doc\":\"The user id of a viewer's event.\"}",
            "{\"name\":\"log_schema_id\",\"type\":[\"null\",\"int\"],\"default\":null,"
                + "\"doc\":\"Its schema stands in the file's metadata as recs.schema.<id>.\"}",
            "{\"name\":\"log_value\",\"type\":\"bytes\",\"doc\":\"The value as on the log: 0, schema id in four bytes, Avro.\"}",
        ]
        return "{\"type\":\"record\",\"name\":\"\(topic.name)_record\",\"namespace\":\"recs.archive\",\"fields\":["
            + (envelope + nullable).joined(separator: ",") + "]}"
    }

    /// The schema of a column in JSON; nil for what events are not made of.
    private static func json(_ schema: Schema) -> String? {
        switch schema {
        case .string: return "\"string\""
        case .bytes: return "\"bytes\""
        case .int: return "\"int\""
        case .long: return "\"long\""
        case .double: return "\"double\""
        case .boolean: return "\"boolean\""
        case .logical(.uuid, .string): return "{\"type\":\"string\",\"logicalType\":\"uuid\"}"
        case .logical(.timestampMillis, .long): return "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
        case .array(let items): return json(items).map { "{\"type\":\"array\",\"items\":\($0)}" }
        case .union(let branches):
            let others = branches.filter { $0 != .null }
            return others.count == 1 ? json(others[0]) : nil
        default: return nil
        }
    }
}
