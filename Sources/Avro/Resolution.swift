/// Reads data of a writer's schema as values of a reader's schema (Avro 1.11 specification, "Schema Resolution").
///
/// The two are compared once, when it is made; keep it for all data of the pair.
package struct Resolution: Sendable {
    private let plan: ResolutionPlan
    private let writer: ParsedSchema
    private let limits: DecodingLimits

    /// Compares the schemas; an error where no data of the writer could be read. What depends on the data (a union's branch, an enum's
    /// symbol) is an error only when it comes up; `Compatibility` lists it beforehand.
    package init(writer: ParsedSchema, reader: ParsedSchema, limits: DecodingLimits = .standard) throws(AvroError) {
        let plan = ResolutionPlanner.plan(writer: writer, reader: reader)
        if let obstacle = plan.obstacle(plan.root) { throw AvroError(.resolution, path: obstacle.path, obstacle.message) }
        self.plan = plan
        self.writer = writer
        self.limits = limits
    }

    /// Decodes one datum and leaves `reader` behind it; on an error `reader` stays where it was.
    package func decode(from reader: inout AvroReader) throws(AvroError) -> Value {
        var decoder = ResolvingDecoder(plan: plan, names: writer.names, reader: ValueReader(reader, limits: limits))
        let value = try decoder.decode(plan.root, depth: 0)
        reader.offset = decoder.reader.cursor.offset
        return value
    }

    /// Decodes bytes that hold one datum and nothing else.
    package func decode(_ bytes: [UInt8]) throws(AvroError) -> Value {
        try bytes.readingAll { (reader) throws(AvroError) in try decode(from: &reader) }
    }
}

/// Carries out a plan.
private struct ResolvingDecoder {
    let plan: ResolutionPlan
    let names: [String: Schema]
    var reader: ValueReader

    mutating func decode(_ step: ResolutionPlan.Step, depth: Int) throws(AvroError) -> Value {
        try reader.enter(depth: depth)
        switch step {
        case .scalar(let source, let target): return try scalar(source, as: target)
        case .fixed(let size): return .fixed(try reader.fixed(size: size))
        case .enumeration(let symbols, let missing):
            guard let symbol = symbols[try reader.index(below: symbols.count, of: "symbol")] else {
                throw AvroError(.resolution, missing?.message ?? "the reader lacks the symbol")
            }
            return .enumeration(symbol)
        case .array(let items): return .array(try array(items, depth: depth + 1))
        case .map(let values): return .map(try map(values, depth: depth + 1))
        case .record(let index): return .record(try record(plan.records[index], depth: depth + 1))
        case .writerUnion(let branches):
            return try decode(branches[try reader.index(below: branches.count, of: "branch")], depth: depth + 1)
        case .readerUnion(let index, let inner): return .union(index, try decode(inner, depth: depth + 1))
        case .failure(let problem): throw AvroError(.resolution, problem.message)
        }
    }

    private mutating func scalar(_ source: ResolutionPlan.Scalar, as target: ResolutionPlan.Scalar) throws(AvroError) -> Value {
        switch source {
        case .null: return .null
        case .boolean: return .boolean(try reader.boolean())
        case .int:
            let value = try reader.int()
            return target == .int ? .int(value) : number(Int64(value), as: target)
        case .long: return number(try reader.long(), as: target)
        case .float:
            let value = try reader.float()
            return target == .float ? .float(value) : .double(Double(value))
        case .double: return .double(try reader.double())
        case .bytes, .string: return target == .bytes ? .bytes(try reader.bytes()) : .string(try reader.string())
        }
    }

    private func number(_ value: Int64, as target: ResolutionPlan.Scalar) -> Value {
        switch target {
        case .float: .float(Float(value))
        case .double: .double(Double(value))
        default: .long(value)
        }
    }

    private mutating func array(_ items: ResolutionPlan.Step, depth: Int) throws(AvroError) -> [Value] {
        var values: [Value] = []
        while true {
            let count = try reader.block().itemCount
            if count == 0 { return values }
            for _ in 0..<count {
                do { values.append(try decode(items, depth: depth)) } catch { throw error.within("[\(values.count)]") }
            }
        }
    }

    private mutating func map(_ step: ResolutionPlan.Step, depth: Int) throws(AvroError) -> [String: Value] {
        var values: [String: Value] = [:]
        while true {
            let count = try reader.block().itemCount
            if count == 0 { return values }
            for _ in 0..<count {
                let key = try reader.string()
                do { values[key] = try decode(step, depth: depth) } catch { throw error.within(".\(key)") }
            }
        }
    }

    private mutating func record(_ record: ResolutionPlan.RecordPlan, depth: Int) throws(AvroError) -> [Value] {
        if let missing = record.missing.first { throw AvroError(.resolution, missing.message) }
        try reader.enter(depth: depth, valueCount: record.template.count)
        var values = record.template
        for action in record.actions {
            switch action {
            case .skip(let schema): try reader.skip(schema, names: names, depth: depth)
            case .read(let step, let field, let name):
                do { values[field] = try decode(step, depth: depth) } catch { throw error.within(".\(name)") }
            }
        }
        return values
    }
}
