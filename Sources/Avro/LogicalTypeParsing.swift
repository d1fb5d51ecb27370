extension LogicalType {
    /// Wraps `carrier` in the logical type that the schema's JSON names. An unknown one, one over the wrong type, or a decimal with
    /// senseless numbers is ignored: "language implementations must ignore unknown logical types" and, if it "is invalid, …, must ignore"
    /// (Avro 1.11 specification, "Logical Types").
    static func apply(_ node: JSONNode, to carrier: Schema) -> Schema {
        guard case .string(let name)? = node["logicalType"], let type = named(name, node, over: carrier) else { return carrier }
        return .logical(type, carrier)
    }

    private static func named(_ name: String, _ node: JSONNode, over carrier: Schema) -> LogicalType? {
        switch (name, carrier) {
        case ("decimal", .bytes): decimal(node, digitsMax: Int.max)
        case ("decimal", .fixed(let fixed)): decimal(node, digitsMax: decimalDigits(byteCount: fixed.size))
        case ("duration", .fixed(let fixed)): fixed.size == 12 ? .duration : nil
        case ("uuid", .string): .uuid
        case ("date", .int): .date
        case ("time-millis", .int): .timeMillis
        case ("time-micros", .long): .timeMicros
        case ("timestamp-millis", .long): .timestampMillis
        case ("timestamp-micros", .long): .timestampMicros
        case ("local-timestamp-millis", .long): .localTimestampMillis
        case ("local-timestamp-micros", .long): .localTimestampMicros
        default: nil
        }
    }

    private static func decimal(_ node: JSONNode, digitsMax: Int) -> LogicalType? {
        guard case .integer(let precision)? = node["precision"], precision > 0, precision <= digitsMax else { return nil }
        var scale: Int64 = 0
        if let given = node["scale"] {
            guard case .integer(let value) = given else { return nil }
            scale = value
        }
        guard scale >= 0, scale <= precision else { return nil }
        return .decimal(precision: Int(precision), scale: Int(scale))
    }

    /// How many decimal digits always fit `byteCount` bytes of two's complement: ⌊log10(2^(8n−1) − 1)⌋, which is ⌊(8n−1)·log10 2⌋
    /// because no power of two is a power of ten.
    private static func decimalDigits(byteCount: Int) -> Int {
        guard byteCount > 0 else { return 0 }
        let log10Of2 = 0.301_029_995_663_981_2
        return Int(exactly: ((8 * Double(byteCount) - 1) * log10Of2).rounded(.down)) ?? .max
    }
}
