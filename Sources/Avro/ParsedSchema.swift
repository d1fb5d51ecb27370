/// A schema that was read from its JSON text and found right: names are full, defaults are values, references lead somewhere.
///
/// Two are equal when their texts are; `canonicalForm` compares what they mean to a reader.
package struct ParsedSchema: Sendable, Hashable, CustomStringConvertible {
    package let root: Schema
    /// Every record, enum and fixed by its full name, with its logical type if it has one.
    package let names: [String: Schema]
    /// The text it was read from.
    package let json: String

    /// Parses a schema by the Avro 1.11 specification; the error's path leads into the JSON.
    package init(json: String) throws(AvroError) {
        let node = try JSONParser.parse(json)
        var parser = SchemaParser()
        let skeleton = try parser.schema(node, namespace: "", path: "$")
        var defaults = DefaultValues(names: parser.names, pending: parser.pending)
        root = try defaults.attach(to: skeleton)
        names = defaults.attached
        self.json = json
    }

    package static func == (left: ParsedSchema, right: ParsedSchema) -> Bool { left.json == right.json }

    package func hash(into hasher: inout Hasher) { hasher.combine(json) }

    package var description: String { json }

    /// The definition behind a reference, and the carrying type behind a logical type: what the binary form depends on.
    package func bare(_ schema: Schema) -> Schema { schema.bare(names) }
}

extension Schema {
    /// The definition behind a reference, and the carrying type behind a logical type.
    func bare(_ names: [String: Schema]) -> Schema {
        switch self {
        case .logical(_, let carrier): return carrier.bare(names)
        case .reference(let name):
            guard let definition = names[name] else { preconditionFailure("the schema refers to \(name), which its names do not hold") }
            return definition.bare(names)
        default: return self
        }
    }

    /// What it is, for messages and as the name of a union's branch: a type's name, full for named types.
    package var label: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .bytes: "bytes"
        case .string: "string"
        case .array: "array"
        case .map: "map"
        case .union(let branches): "[" + branches.map(\.label).joined(separator: ", ") + "]"
        case .fixed(let fixed): fixed.name
        case .enumeration(let enumeration): enumeration.name
        case .record(let record): record.name
        case .reference(let name): name
        case .logical(_, let carrier): carrier.label
        }
    }
}
