internal import Avro

/// Compiles a writer's schema to decode steps, by Avro's rules of schema resolution (Avro 1.11 specification, "Schema Resolution").
///
/// Beyond these rules: a `timestamp-micros` is read as the milliseconds it means. Refused are recursive types and schemas that unfold
/// to more than `stepCountMax` steps or nest deeper than `depthMax`.
struct DecodeCompiler {
    /// Why a writer's schema cannot be read as an event.
    struct Incompatibility: Error {
        var reason: String
    }

    static let stepCountMax = 4_096
    static let depthMax = 16

    private let writer: ParsedSchema
    /// The place of the first step among all steps, which jumps count from.
    private let base: Int
    private(set) var steps: [DecodeStep] = []
    /// The named types being unfolded.
    private var open: [String] = []
    private var depth = 0
    /// Types passed over so far, however often each.
    private var visitCount = 0

    init(writer: ParsedSchema, base: Int) {
        self.writer = writer
        self.base = base
    }

    /// The event that decoding starts from: what our schema says of fields that the writer does not have.
    mutating func compile(_ record: RecordSchema, as type: EventType, fields: [Field]) throws(Incompatibility) -> Event {
        var template = Event(type: type)
        var found: Set<String> = []
        for writerField in record.fields {
            guard let field = Self.reader(of: writerField.name, among: fields), found.insert(field.name).inserted else {
                try skip(writerField.schema)
                continue
            }
            guard let shape = FieldShape(field.schema) else {
                throw Incompatibility(reason: "\(field.name) has a type that events do not use")
            }
            let target = DecodeStep(
                action: .refuse, slot: FieldSlot(type: type, field: field.name), rule: FieldRule(type: type, field: field.name))
            guard try read(writerField.schema, as: shape, target) else {
                throw Incompatibility(reason: "the field \(field.name) is \(writerField.schema), which cannot be read as \(field.schema)")
            }
        }
        for field in fields where !found.contains(field.name) {
            guard let fallback = field.fallback else {
                throw Incompatibility(reason: "the field \(field.name) is missing and has no default")
            }
            template.set(FieldSlot(type: type, field: field.name), toDefault: fallback)
        }
        return template
    }

    /// Steps that only read `event_type`.
    mutating func compileProbe(_ record: RecordSchema) throws(Incompatibility) {
        guard let field = record.fields.first(where: { $0.name == "event_type" }), writer.bare(field.schema) == .string else {
            throw Incompatibility(reason: "the record \(record.name) is no event type, and it has no string event_type that tells one")
        }
        for other in record.fields {
            if other.name == field.name {
                try emit(DecodeStep(action: .eventType))
            } else {
                try skip(other.schema)
            }
        }
    }

    /// Our field that a writer's field is read as: of the same name, or with that name as an alias.
    private static func reader(of name: String, among fields: [Field]) -> Field? {
        fields.first { $0.name == name } ?? fields.first { $0.aliases.contains(name) }
    }

    private mutating func emit(_ step: DecodeStep) throws(Incompatibility) {
        guard steps.count < Self.stepCountMax else {
            throw Self.tooManySteps
        }
        steps.append(step)
    }

    private static var tooManySteps: Incompatibility { Incompatibility(reason: "the schema unfolds to more than \(stepCountMax) steps") }

    /// Emits the steps of a field; false (with nothing emitted) where the writer's type cannot be read as ours.
    private mutating func read(_ schema: Schema, as shape: FieldShape, _ target: DecodeStep) throws(Incompatibility) -> Bool {
        if case .union(let branches) = schema {
            let start = steps.count
            var isReadable = false
            try branch(branches.count) { (compiler: inout DecodeCompiler, index) throws(Incompatibility) in
                let canRead = try compiler.read(branches[index], as: shape, target)
                isReadable = isReadable || canRead
                if !canRead { try compiler.emit(DecodeStep(action: .refuse)) }
            }
            if !isReadable { steps.removeLast(steps.count - start) }
            return isReadable
        }
        var step = target
        if schema == .null {
            guard shape.nullBranch != nil else { return false }
            step.action = .absent
        } else if schema == .logical(.timestampMicros, .long), target.slot == .timestamp {
            step.action = .microseconds
        } else if let action = Self.action(writer.bare(schema), shape.kind, target) {
            step.action = action
        } else {
            return false
        }
        try emit(step)
        return true
    }

    /// How a writer's type is read as a kind of ours; nil where the specification knows no promotion.
    private static func action(_ schema: Schema, _ kind: FieldKind, _ target: DecodeStep) -> DecodeStep.Action? {
        switch (kind, schema) {
        case (.text, .string), (.text, .bytes): target.rule == .eventID ? .eventID : .text
        case (.bytes, .string), (.bytes, .bytes): target.slot == .none ? .skipText : .bytes
        case (.int, .int), (.long, .int): .int
        case (.long, .long): .long
        case (.double, .int), (.double, .long): .longAsDouble
        case (.double, .float): .float
        case (.double, .double): .double
        case (.boolean, .boolean): .boolean
        case (.textList, .array(let items)) where items.isText: .textList
        case (.intList, .array(.int)), (.longList, .array(.int)): .intList
        case (.longList, .array(.long)): .longList
        default: nil
        }
    }

    /// Emits the steps that pass over a value that we have no field for.
    private mutating func skip(_ schema: Schema) throws(Incompatibility) {
        // Types without a byte of their own unfold without a step.
        visitCount += 1
        guard visitCount <= Self.stepCountMax else { throw Self.tooManySteps }
        switch schema {
        case .null: break
        case .boolean: try emit(DecodeStep(action: .skipBytes, argument: 1))
        case .int, .long, .enumeration: try emit(DecodeStep(action: .skipLong))
        case .float: try emit(DecodeStep(action: .skipBytes, argument: 4))
        case .double: try emit(DecodeStep(action: .skipBytes, argument: 8))
        case .bytes, .string: try emit(DecodeStep(action: .skipText))
        case .logical(_, let carrier): try skip(carrier)
        case .fixed(let fixed):
            guard let size = Int32(exactly: fixed.size) else { throw Incompatibility(reason: "\(fixed.name) has \(fixed.size) bytes") }
            if size > 0 { try emit(DecodeStep(action: .skipBytes, argument: size)) }
        case .reference(let name):
            guard !open.contains(name), let definition = writer.names[name] else {
                throw Incompatibility(reason: "the type \(name) contains itself")
            }
            try skip(definition)
        case .array, .map, .union, .record: try skipNested(schema)
        }
    }

    private mutating func skipNested(_ schema: Schema) throws(Incompatibility) {
        guard depth < Self.depthMax else { throw Incompatibility(reason: "the schema nests deeper than \(Self.depthMax) levels") }
        depth += 1
        defer { depth -= 1 }
        switch schema {
        case .array(let items): try loop(isMap: false, items)
        case .map(let values): try loop(isMap: true, values)
        case .union(let branches):
            try branch(branches.count) { (compiler: inout DecodeCompiler, index) throws(Incompatibility) in
                try compiler.skip(branches[index])
            }
        case .record(let record):
            guard !open.contains(record.name) else { throw Incompatibility(reason: "the type \(record.name) contains itself") }
            open.append(record.name)
            for field in record.fields { try skip(field.schema) }
            open.removeLast()
        default: preconditionFailure("only containers nest")
        }
    }

    private mutating func loop(isMap: Bool, _ items: Schema) throws(Incompatibility) {
        let start = steps.count
        try emit(DecodeStep(action: .loop))
        if isMap { try emit(DecodeStep(action: .skipText)) }
        try skip(items)
        steps[start].argument = Int32(steps.count - start - 1)
    }

    /// Emits a union: the table of jumps, then the branches, each ending in a jump behind the last.
    private mutating func branch(
        _ count: Int, _ body: (inout DecodeCompiler, Int) throws(Incompatibility) -> Void
    ) throws(Incompatibility) {
        try emit(DecodeStep(action: .branch, argument: Int32(count)))
        let table = steps.count
        for _ in 0..<count { try emit(DecodeStep(action: .jump)) }
        var ends: [Int] = []
        for index in 0..<count {
            steps[table + index].argument = Int32(base + steps.count)
            try body(&self, index)
            ends.append(steps.count)
            try emit(DecodeStep(action: .jump))
        }
        for end in ends { steps[end].argument = Int32(base + steps.count) }
    }
}

extension Schema {
    fileprivate var isText: Bool {
        switch self {
        case .string, .bytes: true
        case .logical(_, let carrier): carrier.isText
        default: false
        }
    }
}

extension Event {
    /// Puts our schema's default into a slot; texts and lists have none but the empty one.
    fileprivate mutating func set(_ slot: FieldSlot, toDefault value: Value) {
        switch value {
        case .null: clear(slot)
        case .union(_, let inner): set(slot, toDefault: inner)
        case .int(let number): set(slot, to: Int64(number))
        case .long(let number): set(slot, to: number)
        case .double(let number): self.value = slot == .value ? number : self.value
        case .boolean(let flag): self.flag = slot == .flag ? flag : self.flag
        default: set(slot, to: Slice.empty)
        }
    }
}
