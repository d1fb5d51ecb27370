/// Compares a writer's schema with a reader's by the rules of the Avro 1.11 specification, "Schema Resolution".
///
/// Of a union's branches the one of the writer's very type (by full name, if it is named) is taken, else the first that matches. The
/// specification knows only the second step, by which a `long` read as `["double", "long"]` would become a double even where writer and
/// reader are the same; Avro's Java implementation has both steps, as we do.
struct ResolutionPlanner {
    private typealias Step = ResolutionPlan.Step

    private struct RecordPair: Hashable {
        var writer: String
        var reader: String
    }

    private let writer: ParsedSchema
    private let reader: ParsedSchema
    private var plan = ResolutionPlan(root: .scalar(.null, as: .null), records: [])
    private var indices: [RecordPair: Int] = [:]

    static func plan(writer: ParsedSchema, reader: ParsedSchema) -> ResolutionPlan {
        var planner = ResolutionPlanner(writer: writer, reader: reader)
        planner.plan.root = planner.step(writer.root, reader.root, path: "$")
        return planner.plan
    }

    private init(writer: ParsedSchema, reader: ParsedSchema) {
        self.writer = writer
        self.reader = reader
    }

    private mutating func step(_ written: Schema, _ wanted: Schema, path: String) -> Step {
        let from = writer.definition(written)
        let to = reader.definition(wanted)
        if let problem = decimalProblem(from, to, path: path) { return .failure(problem) }
        switch (from.carrier, to.carrier) {
        case (.union(let branches), _):
            var steps: [Step] = []
            for branch in branches { steps.append(step(branch, wanted, path: path)) }
            return .writerUnion(steps)
        case (let carrier, .union(let branches)): return intoUnion(carrier, written, branches, path: path)
        case (.array(let items), .array(let wanted)): return .array(step(items, wanted, path: path + "[]"))
        case (.map(let values), .map(let wanted)): return .map(step(values, wanted, path: path + "{}"))
        case (.fixed(let from), .fixed(let to)): return fixed(from, to, path: path)
        case (.enumeration(let from), .enumeration(let to)): return enumeration(from, to, path: path)
        case (.record(let from), .record(let to)): return record(from, to, path: path)
        case (let from, let to):
            guard let source = from.scalar, let target = to.scalar, source.promotes(to: target) else {
                return .failure(Incompatibility(path: path, message: "\(from.label) is written, which cannot be read as \(to.label)"))
            }
            return .scalar(source, as: target)
        }
    }

    /// Two decimals match only "if their scales and precisions match".
    private func decimalProblem(_ from: Schema, _ to: Schema, path: String) -> Incompatibility? {
        guard case .logical(.decimal(let precision, let scale), _) = from, case .logical(.decimal(let wanted, let wantedScale), _) = to,
            precision != wanted || scale != wantedScale
        else { return nil }
        return Incompatibility(
            path: path, message: "a decimal(\(precision), \(scale)) is written, which cannot be read as decimal(\(wanted), \(wantedScale))")
    }

    /// The branch of the same type takes the value, else the first that matches.
    private mutating func intoUnion(_ from: Schema, _ written: Schema, _ branches: [Schema], path: String) -> Step {
        let same = branches.indices.filter { branches[$0].label == from.label }
        let others = branches.indices.filter { !same.contains($0) && mayMatch(from, reader.bare(branches[$0])) }
        var onlyTry: Step?
        for index in same + others {
            let inner = step(written, branches[index], path: "\(path)<\(branches[index].label)>")
            guard plan.obstacle(inner) != nil else { return .readerUnion(index, inner) }
            onlyTry = onlyTry ?? .readerUnion(index, inner)
        }
        let labels = branches.map(\.label).joined(separator: ", ")
        return onlyTry ?? .failure(Incompatibility(path: path, message: "\(from.label) is written, which is no branch of [\(labels)]"))
    }

    /// Whether the two match at first sight: kind, name and size.
    private func mayMatch(_ from: Schema, _ to: Schema) -> Bool {
        switch (from, to) {
        case (.array, .array), (.map, .map): true
        case (.fixed(let from), .fixed(let to)): namesMatch(from.name, to.name, to.aliases) && from.size == to.size
        case (.enumeration(let from), .enumeration(let to)): namesMatch(from.name, to.name, to.aliases)
        case (.record(let from), .record(let to)): namesMatch(from.name, to.name, to.aliases)
        default: from.scalar.flatMap { source in to.scalar.map { source.promotes(to: $0) } } ?? false
        }
    }

    private func namesMatch(_ written: String, _ wanted: String, _ aliases: [String]) -> Bool {
        FullName.simple(written) == FullName.simple(wanted) || aliases.contains(written)
    }

    private func nameProblem(_ written: String, _ wanted: String, path: String) -> Step {
        .failure(Incompatibility(path: path, message: "\(written) is written; \(wanted) neither bears that name nor has it as an alias"))
    }

    private func fixed(_ from: FixedSchema, _ to: FixedSchema, path: String) -> Step {
        guard namesMatch(from.name, to.name, to.aliases) else { return nameProblem(from.name, to.name, path: path) }
        guard from.size == to.size else {
            let message = "\(from.name) is written with \(from.size) bytes and read with \(to.size)"
            return .failure(Incompatibility(path: path, message: message))
        }
        return .fixed(size: from.size)
    }

    private func enumeration(_ from: EnumSchema, _ to: EnumSchema, path: String) -> Step {
        guard namesMatch(from.name, to.name, to.aliases) else { return nameProblem(from.name, to.name, path: path) }
        let fallback = to.fallback.flatMap { to.symbols.firstIndex(of: $0) }
        let places = Dictionary(uniqueKeysWithValues: zip(to.symbols, to.symbols.indices))
        let symbols = from.symbols.map { places[$0] ?? fallback }
        let lost = zip(from.symbols, symbols).filter { $1 == nil }.map { $0.0 }
        guard !lost.isEmpty else { return .enumeration(symbols, missing: nil) }
        let list = lost.joined(separator: ", ")
        return .enumeration(
            symbols, missing: Incompatibility(path: path, message: "the reader's \(to.name) lacks \(list) and has no default symbol"))
    }

    private mutating func record(_ from: RecordSchema, _ to: RecordSchema, path: String) -> Step {
        guard namesMatch(from.name, to.name, to.aliases) else { return nameProblem(from.name, to.name, path: path) }
        let pair = RecordPair(writer: from.name, reader: to.name)
        if let index = indices[pair] { return .record(index) }
        let index = plan.records.count
        indices[pair] = index
        plan.records.append(ResolutionPlan.RecordPlan())
        plan.records[index] = recordPlan(from, to, path: path)
        return .record(index)
    }

    private mutating func recordPlan(_ from: RecordSchema, _ to: RecordSchema, path: String) -> ResolutionPlan.RecordPlan {
        var result = ResolutionPlan.RecordPlan()
        let sources = sources(from, to)
        for field in from.fields.indices {
            guard let target = sources.firstIndex(of: field) else {
                result.actions.append(.skip(from.fields[field].schema))
                continue
            }
            let name = to.fields[target].name
            let inner = step(from.fields[field].schema, to.fields[target].schema, path: "\(path).\(name)")
            result.actions.append(.read(inner, field: target, name: name))
        }
        for (index, field) in to.fields.enumerated() {
            result.template.append(field.fallback ?? .null)
            if sources[index] == nil, field.fallback == nil {
                result.missing.append(
                    Incompatibility(path: "\(path).\(field.name)", message: "the writer has no such field and the reader no default for it")
                )
            }
        }
        return result
    }

    /// For each of the reader's fields the writer's field: the one of its name, else the first that is called by one of its aliases and
    /// that no other field has taken.
    private func sources(_ from: RecordSchema, _ to: RecordSchema) -> [Int?] {
        let places = Dictionary(uniqueKeysWithValues: zip(from.fields.map(\.name), from.fields.indices))
        var result = to.fields.map { places[$0.name] }
        var taken = Set(result.compactMap { $0 })
        for (index, field) in to.fields.enumerated() where result[index] == nil {
            guard let source = field.aliases.lazy.compactMap({ places[$0] }).first(where: { !taken.contains($0) }) else { continue }
            result[index] = source
            taken.insert(source)
        }
        return result
    }
}

extension ParsedSchema {
    /// The definition behind a reference, with its logical type.
    fileprivate func definition(_ schema: Schema) -> Schema {
        guard case .reference(let name) = schema else { return schema }
        guard let definition = names[name] else { preconditionFailure("the schema refers to \(name), which its names do not hold") }
        return definition
    }
}

extension Schema {
    /// The type that carries a logical type; any other is itself.
    fileprivate var carrier: Schema {
        guard case .logical(_, let carrier) = self else { return self }
        return carrier
    }

    fileprivate var scalar: ResolutionPlan.Scalar? {
        switch self {
        case .null: .null
        case .boolean: .boolean
        case .int: .int
        case .long: .long
        case .float: .float
        case .double: .double
        case .bytes: .bytes
        case .string: .string
        default: nil
        }
    }
}

extension ResolutionPlan.Scalar {
    /// Whether a reader that wants `other` may be given this: the same, a wider number, or bytes for a string and the other way round.
    fileprivate func promotes(to other: ResolutionPlan.Scalar) -> Bool {
        switch (self, other) {
        case (.int, .long), (.int, .float), (.int, .double), (.long, .float), (.long, .double), (.float, .double): true
        case (.bytes, .string), (.string, .bytes): true
        default: self == other
        }
    }
}
