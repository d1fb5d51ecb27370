/// An Avro schema (Avro 1.11 specification, "Schema Declaration"), parsed and with every name resolved to its full name.
///
/// A recursive use of a named type is a `.reference`; look it up in the `names` of the `ParsedSchema` that holds it.
package indirect enum Schema: Sendable, Hashable {
    case null, boolean, int, long, float, double, bytes, string
    case array(Schema)
    case map(Schema)
    case union([Schema])
    case fixed(FixedSchema)
    case enumeration(EnumSchema)
    case record(RecordSchema)
    /// A later use of a named type, by full name.
    case reference(String)
    /// A logical type over the type that carries it; unknown logical types are dropped by the parser (the specification asks so).
    case logical(LogicalType, Schema)
}

/// The logical types that we keep.
package enum LogicalType: Sendable, Hashable {
    case decimal(precision: Int, scale: Int)
    case uuid, date, timeMillis, timeMicros, timestampMillis, timestampMicros, localTimestampMillis, localTimestampMicros, duration
}

/// A `fixed` type: `size` bytes.
package struct FixedSchema: Sendable, Hashable {
    package var name: String
    package var aliases: [String]
    package var size: Int

    package init(name: String, aliases: [String], size: Int) {
        self.name = name
        self.aliases = aliases
        self.size = size
    }
}

/// An `enum` type; `fallback` is the symbol a reader takes for one it does not know.
package struct EnumSchema: Sendable, Hashable {
    package var name: String
    package var aliases: [String]
    package var doc: String?
    package var symbols: [String]
    package var fallback: String?

    package init(name: String, aliases: [String], doc: String?, symbols: [String], fallback: String?) {
        self.name = name
        self.aliases = aliases
        self.doc = doc
        self.symbols = symbols
        self.fallback = fallback
    }
}

/// A `record` type, its fields in the order they are encoded.
package struct RecordSchema: Sendable, Hashable {
    package var name: String
    package var aliases: [String]
    package var doc: String?
    package var fields: [Field]

    package init(name: String, aliases: [String], doc: String?, fields: [Field]) {
        self.name = name
        self.aliases = aliases
        self.doc = doc
        self.fields = fields
    }
}

/// A field of a record; `fallback` is its default value, checked against the field's schema by the parser.
package struct Field: Sendable, Hashable {
    package var name: String
    package var aliases: [String]
    package var doc: String?
    package var schema: Schema
    package var fallback: Value?

    package init(name: String, aliases: [String], doc: String?, schema: Schema, fallback: Value?) {
        self.name = name
        self.aliases = aliases
        self.doc = doc
        self.schema = schema
        self.fallback = fallback
    }
}

/// A value of any schema: for defaults, tools (`log tail`), container files and tests, never for the hot path.
package indirect enum Value: Sendable, Hashable {
    case null
    case boolean(Bool)
    case int(Int32)
    case long(Int64)
    case float(Float)
    case double(Double)
    case bytes([UInt8])
    case string(String)
    case array([Value])
    case map([String: Value])
    /// Branch index into the union, and the value.
    case union(Int, Value)
    case fixed([UInt8])
    /// Symbol index.
    case enumeration(Int)
    /// Field values in schema order.
    case record([Value])
}
