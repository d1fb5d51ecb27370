import Avro
import EventLog
import Events
import Jobs

extension EventDecoder {
    /// Decodes a record's value, by a schema that is fetched where its id is new; answers why the record cannot be used, nil where it can.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, _ value: Slice, schemasFrom registry: any SchemaRegistry, into event: inout Event
    ) throws(RegistryError) -> DeadLetterReason? {
        var result = decode(bytes, value, into: &event)
        if case .unknownSchema(let id) = result {
            guard let json = try registry.schemaBlocking(id: id) else { return .unknownSchema }
            guard let schema = try? ParsedSchema(json: json) else { return .undecodable }
            register(id, writer: schema)
            result = decode(bytes, value, into: &event)
        }
        return if case .event = result { nil } else { .undecodable }
    }
}
