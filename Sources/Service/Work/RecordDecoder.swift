import Avro
import EventLog
import Events
import Jobs

/// Decodes records' values by schemas that are fetched where their ids are new.
struct RecordDecoder {
    private var decoder: EventDecoder
    private let registry: any SchemaRegistry
    /// Ids that the registry was asked for in vain since the records in hand were read. A producer registers a schema before it sends by it, so
    /// none of these records can have one; of records read later there may be one.
    private var missing: Set<Int32> = []

    init(_ decoder: EventDecoder, _ registry: any SchemaRegistry) {
        self.decoder = decoder
        self.registry = registry
    }

    /// To be told whenever records were read, before the first of them is decoded.
    mutating func noteRecordsRead() { missing.removeAll(keepingCapacity: true) }

    /// Answers why the record cannot be used, nil where it can.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer, _ value: Slice, into event: inout Event
    ) throws(RegistryError) -> DeadLetterReason? {
        var result = decoder.decode(bytes, value, into: &event)
        if case .unknownSchema(let id) = result {
            if missing.contains(id) { return .unknownSchema }
            guard let json = try registry.schemaBlocking(id: id) else {
                missing.insert(id)
                return .unknownSchema
            }
            guard let schema = try? ParsedSchema(json: json) else { return .undecodable }
            decoder.register(id, writer: schema)
            result = decoder.decode(bytes, value, into: &event)
        }
        return if case .event = result { nil } else { .undecodable }
    }
}
