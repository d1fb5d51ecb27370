extension Value {
    /// Appends the value in binary. It must be of the schema's very types (an `int` is no `long`); the error's path leads to the first that
    /// is not, and `output` is then as before.
    package func encode(as schema: ParsedSchema, into output: inout [UInt8]) throws(AvroError) {
        let start = output.count
        do {
            try ValueEncoder(names: schema.names).encode(self, schema.root, into: &output, depth: 0)
        } catch {
            output.removeSubrange(start...)
            throw error
        }
    }
}

/// Writes values of any schema; maps in the order of their keys' UTF-8, so that equal values give equal bytes.
private struct ValueEncoder {
    let names: [String: Schema]

    func encode(_ value: Value, _ schema: Schema, into output: inout [UInt8], depth: Int) throws(AvroError) {
        guard depth <= DecodingLimits.standard.depthMax else {
            throw AvroError(.encoding, "nested more than \(DecodingLimits.standard.depthMax) levels deep")
        }
        switch (schema, value) {
        case (.logical(_, let carrier), _): try encode(value, carrier, into: &output, depth: depth)
        case (.reference, _): try encode(value, schema.bare(names), into: &output, depth: depth)
        case (.array(let items), .array(let values)): try array(values, items, into: &output, depth: depth + 1)
        case (.map(let schema), .map(let values)): try map(values, schema, into: &output, depth: depth + 1)
        case (.union(let branches), .union(let index, let value)):
            guard branches.indices.contains(index) else {
                throw AvroError(.encoding, "branch \(index) of a union with \(branches.count)")
            }
            AvroWriter.long(Int64(index), into: &output)
            try encode(value, branches[index], into: &output, depth: depth + 1)
        case (.record(let record), .record(let values)): try self.record(values, record, into: &output, depth: depth + 1)
        default: try scalar(value, schema, into: &output)
        }
    }

    private func scalar(_ value: Value, _ schema: Schema, into output: inout [UInt8]) throws(AvroError) {
        switch (schema, value) {
        case (.null, .null): break
        case (.boolean, .boolean(let value)): AvroWriter.boolean(value, into: &output)
        case (.int, .int(let value)): AvroWriter.long(Int64(value), into: &output)
        case (.long, .long(let value)): AvroWriter.long(value, into: &output)
        case (.float, .float(let value)): AvroWriter.float(value, into: &output)
        case (.double, .double(let value)): AvroWriter.double(value, into: &output)
        case (.bytes, .bytes(let value)): value.withUnsafeBytes { AvroWriter.bytes($0, into: &output) }
        case (.string, .string(let value)): AvroWriter.string(value, into: &output)
        case (.fixed(let fixed), .fixed(let bytes)):
            guard bytes.count == fixed.size else {
                throw AvroError(.encoding, "\(bytes.count) bytes for \(fixed.name), which has \(fixed.size)")
            }
            output.append(contentsOf: bytes)
        case (.enumeration(let enumeration), .enumeration(let index)):
            guard enumeration.symbols.indices.contains(index) else {
                throw AvroError(.encoding, "symbol \(index) of \(enumeration.name), which has \(enumeration.symbols.count)")
            }
            AvroWriter.long(Int64(index), into: &output)
        default: throw AvroError(.encoding, "found \(value.label) where the schema wants \(schema.label)")
        }
    }

    private func array(_ values: [Value], _ items: Schema, into output: inout [UInt8], depth: Int) throws(AvroError) {
        if !values.isEmpty { AvroWriter.long(Int64(values.count), into: &output) }
        for (index, value) in values.enumerated() {
            do { try encode(value, items, into: &output, depth: depth) } catch { throw error.within("[\(index)]") }
        }
        AvroWriter.long(0, into: &output)
    }

    private func map(_ values: [String: Value], _ schema: Schema, into output: inout [UInt8], depth: Int) throws(AvroError) {
        if !values.isEmpty { AvroWriter.long(Int64(values.count), into: &output) }
        for (key, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            AvroWriter.string(key, into: &output)
            do { try encode(value, schema, into: &output, depth: depth) } catch { throw error.within(".\(key)") }
        }
        AvroWriter.long(0, into: &output)
    }

    private func record(_ values: [Value], _ record: RecordSchema, into output: inout [UInt8], depth: Int) throws(AvroError) {
        guard values.count == record.fields.count else {
            throw AvroError(.encoding, "\(values.count) values for the \(record.fields.count) fields of \(record.name)")
        }
        for (value, field) in zip(values, record.fields) {
            do { try encode(value, field.schema, into: &output, depth: depth) } catch { throw error.within(".\(field.name)") }
        }
    }
}

extension Value {
    /// What it is, for messages.
    var label: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .int: "an int"
        case .long: "a long"
        case .float: "a float"
        case .double: "a double"
        case .bytes: "bytes"
        case .string: "a string"
        case .array: "an array"
        case .map: "a map"
        case .union: "a union's branch"
        case .fixed: "a fixed"
        case .enumeration: "an enum's symbol"
        case .record: "a record"
        }
    }
}
