import Avro
import EventLog
import Events

/// Records of a log or an archive as lines of JSON, for people.
struct RecordLines {
    private var schemas: [Int32: ParsedSchema] = [:]

    /// The record, decoded where `schemaText` knows its schema.
    mutating func line(_ record: RecordBatch.Record, _ bytes: [UInt8], _ schemaText: (Int32) throws -> String?) throws -> String {
        let event = try bytes.withUnsafeBytes { try self.event(UnsafeRawBufferPointer(rebasing: $0[record.value.range]), schemaText) }
        return "{\"partition\":\(record.partition),\"offset\":\(record.offset),\"append_time\":\(record.timestamp),\"event\":\(event)}"
    }

    private mutating func event(_ value: UnsafeRawBufferPointer, _ schemaText: (Int32) throws -> String?) throws -> String {
        let undecodable = "{\"undecodable_bytes\":\(value.count)}"
        guard let id = EventRenderer.schemaID(of: value) else { return undecodable }
        if schemas[id] == nil, let text = try schemaText(id) { schemas[id] = try ParsedSchema(json: text) }
        guard let schema = schemas[id] else { return undecodable }
        do {
            return try EventRenderer.line(value, writer: schema)
        } catch {
            return undecodable
        }
    }
}
