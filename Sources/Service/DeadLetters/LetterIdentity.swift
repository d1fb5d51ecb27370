import Avro
import EventLog
import Events
import Foundation

/// Gives an event without a usable id one that is derived from where its record stood, so that it is the same at every attempt.
struct LetterIdentity {
    private let schemas: EventSchemas
    private let schemaIDs: [EventType: Int32]

    init(schemas: EventSchemas, schemaIDs: [EventType: Int32]) {
        self.schemas = schemas
        self.schemaIDs = schemaIDs
    }

    /// The event in our own schema with the derived id; nil where it has a good id, or more is wrong with it than that.
    func value(_ value: [UInt8], origin: LogPosition, writer: ParsedSchema) -> [UInt8]? {
        guard case .record(let record) = writer.root, let name = record.name.split(separator: ".").last,
            let type = EventType(rawValue: String(name)), let schemaID = schemaIDs[type],
            let lenient = lenient(schemas[type]), let resolution = try? Resolution(writer: writer, reader: lenient),
            let place = schemas.fields(of: type).firstIndex(where: { $0.name == "event_id" }),
            case .record(var fields)? = try? resolution.decode(Array(value.dropFirst(5))), case .string(let found) = fields[place],
            Array(found.utf8).withUnsafeBytes({ EventID(text: $0) }) == nil
        else { return nil }
        fields[place] = .string(EventID(topic: origin.topic, partition: origin.partition, offset: origin.offset).text)
        var output: [UInt8] = [0]
        withUnsafeBytes(of: schemaID.bigEndian) { output.append(contentsOf: $0) }
        guard (try? Value.record(fields).encode(as: schemas[type], into: &output)) != nil else { return nil }
        return output
    }

    /// Our schema, where a missing event id is an empty one.
    private func lenient(_ schema: ParsedSchema) -> ParsedSchema? {
        guard var object = (try? JSONSerialization.jsonObject(with: Data(schema.json.utf8))) as? [String: Any],
            var fields = object["fields"] as? [[String: Any]], let place = fields.firstIndex(where: { $0["name"] as? String == "event_id" })
        else { return nil }
        fields[place]["default"] = ""
        object["fields"] = fields
        guard let data = try? JSONSerialization.data(withJSONObject: object) else { return nil }
        return try? ParsedSchema(json: String(decoding: data, as: UTF8.self))
    }
}
