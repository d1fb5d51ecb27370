/// Reads single parts of values with errors that say what is wrong, and keeps count of what a datum asks for. Shared by plain decoding,
/// resolved decoding and skipping, so that all obey the same limits.
struct ValueReader {
    private(set) var cursor: AvroReader
    private let limits: DecodingLimits
    private var valueCount = 0

    init(_ cursor: AvroReader, limits: DecodingLimits) {
        self.cursor = cursor
        self.limits = limits
    }

    private func error(_ message: String) -> AvroError { AvroError(.decoding, message) }

    /// Notes more values at this depth.
    mutating func enter(depth: Int, valueCount added: Int = 1) throws(AvroError) {
        valueCount += added
        guard valueCount <= limits.valueCountMax else { throw error("more than \(limits.valueCountMax) values in one datum") }
        guard depth <= limits.depthMax else { throw error("nested more than \(limits.depthMax) levels deep") }
    }

    mutating func boolean() throws(AvroError) -> Bool {
        guard let value = cursor.readBoolean() else { throw error("expected a boolean at byte \(cursor.offset)") }
        return value
    }

    mutating func int() throws(AvroError) -> Int32 {
        guard let value = cursor.readInt() else { throw error("expected an int before byte \(cursor.offset)") }
        return value
    }

    mutating func long() throws(AvroError) -> Int64 {
        guard let value = cursor.readLong() else { throw error("expected a long before byte \(cursor.offset)") }
        return value
    }

    mutating func float() throws(AvroError) -> Float {
        guard let value = cursor.readFloat() else { throw error("expected a float at byte \(cursor.offset)") }
        return value
    }

    mutating func double() throws(AvroError) -> Double {
        guard let value = cursor.readDouble() else { throw error("expected a double at byte \(cursor.offset)") }
        return value
    }

    /// Steps over bytes or a string and answers the payload's place.
    mutating func payload() throws(AvroError) -> Range<Int> {
        guard let range = cursor.readBytes() else { throw error("the length before byte \(cursor.offset) leads beyond the end") }
        return range
    }

    mutating func bytes() throws(AvroError) -> [UInt8] { [UInt8](cursor.bytes[try payload()]) }

    mutating func string() throws(AvroError) -> String {
        let range = try payload()
        guard let text = String(validating: UnsafeRawBufferPointer(rebasing: cursor.bytes[range]), as: UTF8.self) else {
            throw error("the string at byte \(range.lowerBound) is not UTF-8")
        }
        return text
    }

    mutating func fixed(size: Int) throws(AvroError) -> [UInt8] {
        let start = cursor.offset
        try skip(count: size)
        return [UInt8](cursor.bytes[start..<cursor.offset])
    }

    mutating func skip(count: Int) throws(AvroError) {
        guard cursor.skip(count: count) else {
            throw error("expected \(count) bytes at byte \(cursor.offset), \(cursor.remaining) are left")
        }
    }

    /// Reads a union's branch or an enum's symbol, which must be one of `count`.
    mutating func index(below count: Int, of what: String) throws(AvroError) -> Int {
        let index = try long()
        guard index >= 0, index < Int64(count) else { throw error("there is no \(what) \(index), there are \(count)") }
        return Int(index)
    }

    /// Reads the head of a block of an array or a map: how many items follow, 0 at the end, and how many bytes they take where it says so.
    mutating func block() throws(AvroError) -> (itemCount: Int, byteCount: Int?) {
        let count = try long()
        guard count.magnitude <= UInt64(limits.valueCountMax - valueCount) else {
            throw error("a block claims \(count.magnitude) items; one datum may hold \(limits.valueCountMax) values")
        }
        guard count < 0 else { return (Int(count), nil) }
        let byteCount = try long()
        guard byteCount >= 0, byteCount <= Int64(cursor.remaining) else {
            throw error("a block claims \(byteCount) bytes, \(cursor.remaining) are left")
        }
        return (Int(count.magnitude), Int(byteCount))
    }

    /// Steps over a value of the writer's schema.
    mutating func skip(_ schema: Schema, names: [String: Schema], depth: Int) throws(AvroError) {
        try enter(depth: depth)
        switch schema.bare(names) {
        case .null: break
        case .boolean: _ = try boolean()
        case .int: _ = try int()
        case .long: _ = try long()
        case .float: try skip(count: 4)
        case .double: try skip(count: 8)
        case .bytes, .string: _ = try payload()
        case .fixed(let fixed): try skip(count: fixed.size)
        case .enumeration(let enumeration): _ = try index(below: enumeration.symbols.count, of: "symbol")
        case .array(let items): try skipBlocks(items, isMap: false, names: names, depth: depth + 1)
        case .map(let values): try skipBlocks(values, isMap: true, names: names, depth: depth + 1)
        case .union(let branches):
            try skip(branches[try index(below: branches.count, of: "branch")], names: names, depth: depth + 1)
        case .record(let record):
            for field in record.fields { try skip(field.schema, names: names, depth: depth + 1) }
        case .reference, .logical: preconditionFailure("a bare schema is neither a reference nor a logical type")
        }
    }

    private mutating func skipBlocks(_ schema: Schema, isMap: Bool, names: [String: Schema], depth: Int) throws(AvroError) {
        while true {
            let block = try block()
            if block.itemCount == 0 { return }
            if let byteCount = block.byteCount {
                try skip(count: byteCount)
                continue
            }
            for _ in 0..<block.itemCount {
                if isMap { _ = try payload() }
                try skip(schema, names: names, depth: depth)
            }
        }
    }
}
