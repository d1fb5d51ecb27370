/// Turns the defaults of fields from JSON into values, checked against the fields' schemas, and puts them into the schema tree.
struct DefaultValues {
    /// A schema of a few lines can ask for 2^n values where records default to records that default to records.
    private static let valueCountMax = 100_000
    private static let depthMax = 64

    private let names: [String: Schema]
    private let pending: [String: [SchemaParser.Pending?]]
    private var valueCount = 0
    /// Every named type, its fields with their defaults.
    private(set) var attached: [String: Schema] = [:]

    init(names: [String: Schema], pending: [String: [SchemaParser.Pending?]]) {
        self.names = names
        self.pending = pending
    }

    /// The same schema, its fields with their defaults.
    mutating func attach(to schema: Schema) throws(AvroError) -> Schema {
        switch schema {
        case .array(let items): return .array(try attach(to: items))
        case .map(let values): return .map(try attach(to: values))
        case .union(let branches):
            var result: [Schema] = []
            for branch in branches { result.append(try attach(to: branch)) }
            return .union(result)
        case .record(var record):
            for index in record.fields.indices {
                record.fields[index].schema = try attach(to: record.fields[index].schema)
                do throws(AvroError) { record.fields[index].fallback = try fallback(record, index, depth: 0) } catch {
                    let path = pending[record.name]?[index]?.path ?? "$"
                    throw AvroError(.schema, path: path + error.path.dropFirst(), error.message)
                }
            }
            attached[record.name] = .record(record)
            return .record(record)
        case .fixed(let fixed): attached[fixed.name] = schema
        case .enumeration(let enumeration): attached[enumeration.name] = schema
        case .logical(_, .fixed(let fixed)): attached[fixed.name] = schema
        default: break
        }
        return schema
    }

    private mutating func fallback(_ record: RecordSchema, _ index: Int, depth: Int) throws(AvroError) -> Value? {
        guard let pending = pending[record.name]?[index] else { return nil }
        return try value(pending.node, record.fields[index].schema, depth: depth)
    }

    private func mismatch(_ node: JSONNode, _ schema: Schema) -> AvroError {
        AvroError(.schema, "the default is \(node.kind), which does not fit \(schema.label)")
    }

    private mutating func value(_ node: JSONNode, _ schema: Schema, depth: Int) throws(AvroError) -> Value {
        valueCount += 1
        guard valueCount <= Self.valueCountMax, depth <= Self.depthMax else {
            throw AvroError(.schema, "the defaults hold too many values, or records that default to themselves")
        }
        switch (schema, node) {
        case (.logical(_, let carrier), _): return try value(node, carrier, depth: depth)
        case (.reference, _): return try value(node, schema.bare(names), depth: depth)
        case (.array(let items), .array(let nodes)): return .array(try array(nodes, items, depth: depth))
        case (.map(let values), .object(let members)): return .map(try map(members, values, depth: depth))
        case (.record(let record), .object): return .record(try self.record(node, record, depth: depth))
        case (.union(let branches), _):
            guard let first = branches.first else { throw AvroError(.schema, "an empty union has no values, so no default") }
            do { return .union(0, try value(node, first, depth: depth + 1)) } catch {
                guard error.path == "$" else { throw error }
                throw AvroError(.schema, error.message + " (the default of a union must fit its first branch)")
            }
        default: return try scalar(node, schema)
        }
    }

    private func scalar(_ node: JSONNode, _ schema: Schema) throws(AvroError) -> Value {
        switch (schema, node) {
        case (.null, .null): return .null
        case (.boolean, .boolean(let value)): return .boolean(value)
        case (.int, .integer(let value)):
            guard let value = Int32(exactly: value) else { throw AvroError(.schema, "the default \(value) does not fit an int") }
            return .int(value)
        case (.long, .integer(let value)): return .long(value)
        case (.float, .integer(let value)): return .float(Float(value))
        case (.float, .number(let value)): return .float(Float(value))
        case (.double, .integer(let value)): return .double(Double(value))
        case (.double, .number(let value)): return .double(value)
        case (.string, .string(let value)): return .string(value)
        case (.bytes, .string(let value)): return .bytes(try latin1(value))
        case (.fixed(let fixed), .string(let value)):
            let bytes = try latin1(value)
            guard bytes.count == fixed.size else {
                throw AvroError(.schema, "the default has \(bytes.count) bytes, but \(fixed.name) has \(fixed.size)")
            }
            return .fixed(bytes)
        case (.enumeration(let enumeration), .string(let symbol)):
            guard let index = enumeration.symbols.firstIndex(of: symbol) else {
                throw AvroError(.schema, "the default \"\(symbol)\" is no symbol of \(enumeration.name)")
            }
            return .enumeration(index)
        default: throw mismatch(node, schema)
        }
    }

    private mutating func array(_ nodes: [JSONNode], _ items: Schema, depth: Int) throws(AvroError) -> [Value] {
        var values: [Value] = []
        for (index, node) in nodes.enumerated() {
            do { values.append(try value(node, items, depth: depth + 1)) } catch { throw error.within("[\(index)]") }
        }
        return values
    }

    private mutating func map(_ members: [JSONNode.Member], _ schema: Schema, depth: Int) throws(AvroError) -> [String: Value] {
        var values: [String: Value] = [:]
        for member in members {
            do { values[member.name] = try value(member.value, schema, depth: depth + 1) } catch { throw error.within(".\(member.name)") }
        }
        return values
    }

    /// A record's default names its fields; a field that is not named takes its own default.
    private mutating func record(_ node: JSONNode, _ record: RecordSchema, depth: Int) throws(AvroError) -> [Value] {
        var values: [Value] = []
        for (index, field) in record.fields.enumerated() {
            if let given = node[field.name] {
                do { values.append(try value(given, field.schema, depth: depth + 1)) } catch { throw error.within(".\(field.name)") }
            } else if let fallback = try fallback(record, index, depth: depth + 1) {
                values.append(fallback)
            } else {
                throw AvroError(.schema, "the default of \(record.name) lacks the field \"\(field.name)\", which has none itself")
            }
        }
        return values
    }

    /// Bytes in a schema's JSON are characters U+0000 to U+00FF.
    private func latin1(_ text: String) throws(AvroError) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else {
                throw AvroError(.schema, "the default of bytes holds a character beyond U+00FF")
            }
            bytes.append(byte)
        }
        return bytes
    }
}
