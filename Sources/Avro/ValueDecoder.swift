extension Value {
    /// Decodes one datum and leaves `reader` behind it; on an error `reader` stays where it was.
    package static func decode(
        from reader: inout AvroReader, as schema: ParsedSchema, limits: DecodingLimits = .standard
    ) throws(AvroError) -> Value {
        var decoder = ValueDecoder(names: schema.names, reader: ValueReader(reader, limits: limits))
        let value = try decoder.decode(schema.root, depth: 0)
        reader.offset = decoder.reader.cursor.offset
        return value
    }

    /// Decodes bytes that hold one datum and nothing else.
    package static func decode(_ bytes: [UInt8], as schema: ParsedSchema, limits: DecodingLimits = .standard) throws(AvroError) -> Value {
        try bytes.readingAll { (reader) throws(AvroError) in try decode(from: &reader, as: schema, limits: limits) }
    }
}

extension [UInt8] {
    /// Runs `body` on a reader of all bytes; bytes that it leaves over are an error.
    func readingAll(_ body: (inout AvroReader) throws(AvroError) -> Value) throws(AvroError) -> Value {
        try reading { (reader) throws(AvroError) in
            let value = try body(&reader)
            guard reader.remaining == 0 else { throw AvroError(.decoding, "\(reader.remaining) bytes are left over after the datum") }
            return value
        }
    }

    /// Runs `body` on a reader that starts at `offset`.
    func reading<Result>(from offset: Int = 0, _ body: (inout AvroReader) throws(AvroError) -> Result) throws(AvroError) -> Result {
        let result = withUnsafeBytes { (bytes) -> Swift.Result<Result, AvroError> in
            do throws(AvroError) {
                var reader = AvroReader(bytes, offset: offset, end: bytes.count)
                return .success(try body(&reader))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

extension AvroReader {
    /// Steps over one datum; on an error the reader stays where it was.
    package mutating func skip(_ schema: ParsedSchema, limits: DecodingLimits = .standard) throws(AvroError) {
        try skip(schema.root, of: schema, limits: limits)
    }

    /// Steps over a part of a datum, whose schema stands in `whole`; on an error the reader stays where it was.
    package mutating func skip(_ part: Schema, of whole: ParsedSchema, limits: DecodingLimits = .standard) throws(AvroError) {
        var reader = ValueReader(self, limits: limits)
        try reader.skip(part, names: whole.names, depth: 0)
        offset = reader.cursor.offset
    }
}

/// Reads values of any schema.
private struct ValueDecoder {
    let names: [String: Schema]
    var reader: ValueReader

    mutating func decode(_ schema: Schema, depth: Int) throws(AvroError) -> Value {
        try reader.enter(depth: depth)
        switch schema.bare(names) {
        case .null: return .null
        case .boolean: return .boolean(try reader.boolean())
        case .int: return .int(try reader.int())
        case .long: return .long(try reader.long())
        case .float: return .float(try reader.float())
        case .double: return .double(try reader.double())
        case .bytes: return .bytes(try reader.bytes())
        case .string: return .string(try reader.string())
        case .fixed(let fixed): return .fixed(try reader.fixed(size: fixed.size))
        case .enumeration(let enumeration): return .enumeration(try reader.index(below: enumeration.symbols.count, of: "symbol"))
        case .array(let items): return .array(try array(items, depth: depth + 1))
        case .map(let values): return .map(try map(values, depth: depth + 1))
        case .union(let branches):
            let index = try reader.index(below: branches.count, of: "branch")
            return .union(index, try decode(branches[index], depth: depth + 1))
        case .record(let record): return .record(try self.record(record, depth: depth + 1))
        case .reference, .logical: preconditionFailure("a bare schema is neither a reference nor a logical type")
        }
    }

    private mutating func array(_ items: Schema, depth: Int) throws(AvroError) -> [Value] {
        var values: [Value] = []
        while true {
            let count = try reader.block().itemCount
            if count == 0 { return values }
            for _ in 0..<count {
                do { values.append(try decode(items, depth: depth)) } catch { throw error.within("[\(values.count)]") }
            }
        }
    }

    private mutating func map(_ schema: Schema, depth: Int) throws(AvroError) -> [String: Value] {
        var values: [String: Value] = [:]
        while true {
            let count = try reader.block().itemCount
            if count == 0 { return values }
            for _ in 0..<count {
                let key = try reader.string()
                do { values[key] = try decode(schema, depth: depth) } catch { throw error.within(".\(key)") }
            }
        }
    }

    private mutating func record(_ record: RecordSchema, depth: Int) throws(AvroError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(record.fields.count)
        for field in record.fields {
            do { values.append(try decode(field.schema, depth: depth)) } catch { throw error.within(".\(field.name)") }
        }
        return values
    }
}
