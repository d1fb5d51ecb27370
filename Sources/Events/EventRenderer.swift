package import Avro

/// Shows records of the log to people and tools, as one line of JSON each.
package enum EventRenderer {
    /// The id of the schema that a value was written with; nil where the value is not in Confluent wire format.
    package static func schemaID(of value: UnsafeRawBufferPointer) -> Int32? {
        guard value.count >= 5, value[0] == 0 else { return nil }
        return Int32(bigEndian: value.loadUnaligned(fromByteOffset: 1, as: Int32.self))
    }

    /// The fields of a value in Confluent wire format, as its writer's schema names them.
    package static func line(_ value: UnsafeRawBufferPointer, writer: ParsedSchema) throws(EventError) -> String {
        try decoded(value, writer: writer).json(as: writer)
    }

    /// The value that `line` shows; the error says what is wrong with the bytes, and where.
    package static func decoded(_ value: UnsafeRawBufferPointer, writer: ParsedSchema) throws(EventError) -> Value {
        guard schemaID(of: value) != nil else {
            throw EventError("\(value.count) bytes that are not in Confluent wire format (0, schema id, Avro)")
        }
        var reader = AvroReader(value, offset: 5, end: value.count)
        let found: Value
        do {
            found = try Value.decode(from: &reader, as: writer)
        } catch {
            throw EventError("its bytes are not of its writer's schema: \(error)")
        }
        guard reader.remaining == 0 else {
            throw EventError("it goes on at byte \(reader.offset), where its writer's schema ends")
        }
        return found
    }
}
