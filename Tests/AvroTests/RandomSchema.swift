import TestSupport

/// A schema made from a seed; it can be written as JSON in several styles and can evolve into one that a later version might have.
struct RandomSchema {
    indirect enum Shape: Sendable {
        case primitive(String)
        /// A primitive with a logical type; the attributes are JSON.
        case logical(String, attributes: String)
        case array(Shape)
        case map(Shape)
        case union([Shape])
        /// An index into `types`.
        case named(Int)
    }

    struct FieldShape {
        var name: String
        var aliases: [String] = []
        var shape: Shape
        var fallback: String?
    }

    enum Definition {
        case fixed(Int)
        case enumeration([String], fallback: String?)
        case record([FieldShape])
    }

    struct NamedType {
        var namespace: String
        var name: String
        var aliases: [String] = []
        var definition: Definition
        var fullName: String { namespace + "." + name }
    }

    static let primitives = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"]
    private static let logicals: [(String, String)] = [
        ("long", #""logicalType":"timestamp-millis""#), ("int", #""logicalType":"date""#), ("string", #""logicalType":"uuid""#),
        ("bytes", #""logicalType":"decimal","precision":9,"scale":2"#), ("long", #""logicalType":"no-such-type","x":[1,{"y":null}]"#),
    ]

    var root: Shape = .primitive("null")
    var types: [NamedType] = []

    init(using random: inout SplitMix64) {
        root = shape(depth: Int.random(in: 1...4, using: &random), using: &random)
    }

    // MARK: making

    private mutating func shape(depth: Int, using random: inout SplitMix64) -> Shape {
        let choice = Int.random(in: 0..<20, using: &random)
        if depth == 0 || choice < 6 { return leaf(using: &random) }
        switch choice {
        case 6..<8: return .array(shape(depth: depth - 1, using: &random))
        case 8..<10: return .map(shape(depth: depth - 1, using: &random))
        case 10..<13: return union(depth: depth - 1, using: &random)
        case 13: return .named(add(.fixed(Int.random(in: 0...9, using: &random)), using: &random))
        case 14:
            let symbols = (0..<Int.random(in: 1...6, using: &random)).map { "S\($0)" }.shuffled(using: &random)
            return .named(
                add(
                    .enumeration(symbols, fallback: Bool.random(using: &random) ? symbols.randomElement(using: &random) : nil),
                    using: &random))
        default: return record(depth: depth - 1, using: &random)
        }
    }

    private func leaf(using random: inout SplitMix64) -> Shape {
        let complete = types.indices.filter { if case .record(let fields) = types[$0].definition { !fields.isEmpty } else { true } }
        if let index = complete.randomElement(using: &random), Int.random(in: 0..<4, using: &random) == 0 { return .named(index) }
        if Int.random(in: 0..<5, using: &random) == 0, let logical = Self.logicals.randomElement(using: &random) {
            return .logical(logical.0, attributes: logical.1)
        }
        return .primitive(Self.primitives[Int.random(in: 0..<8, using: &random)])
    }

    private mutating func add(_ definition: Definition, using random: inout SplitMix64) -> Int {
        let namespace = ["a", "a.b", "c_1"][Int.random(in: 0..<3, using: &random)]
        types.append(NamedType(namespace: namespace, name: "T\(types.count)", definition: definition))
        return types.count - 1
    }

    private mutating func union(depth: Int, using random: inout SplitMix64) -> Shape {
        var branches = Self.primitives.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)).map { Shape.primitive($0) }
        if Bool.random(using: &random) {
            let inner = shape(depth: depth, using: &random)
            if case .array = inner { branches.append(inner) }
            if case .map = inner { branches.append(inner) }
            if case .named = inner { branches.append(inner) }
        }
        return .union(branches.shuffled(using: &random))
    }

    private mutating func record(depth: Int, using random: inout SplitMix64) -> Shape {
        let index = add(.record([]), using: &random)
        var fields: [FieldShape] = []
        for number in 0..<Int.random(in: 1...5, using: &random) {
            fields.append(FieldShape(name: "f\(number)", shape: shape(depth: depth, using: &random)))
        }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: fields.append(FieldShape(name: "next", shape: .union([.primitive("null"), .named(index)]), fallback: "null"))
        case 1: fields.append(FieldShape(name: "children", shape: .array(.named(index)), fallback: "[]"))
        case 2: fields.append(FieldShape(name: "children", shape: .map(.named(index)), fallback: "{}"))
        default: break
        }
        types[index].definition = .record(fields)
        return .named(index)
    }

    // MARK: writing

    /// The schema's JSON; the generator chooses between the ways in which names may be written.
    func json(using random: inout SplitMix64) -> String {
        var defined: Set<Int> = []
        return json(root, namespace: "", &defined, using: &random)
    }

    private func json(_ shape: Shape, namespace: String, _ defined: inout Set<Int>, using random: inout SplitMix64) -> String {
        switch shape {
        case .primitive(let name): return Bool.random(using: &random) ? "\"\(name)\"" : #"{ "type": "\#(name)" }"#
        case .logical(let name, let attributes): return #"{"type":"\#(name)",\#(attributes)}"#
        case .array(let items): return #"{"items":\#(json(items, namespace: namespace, &defined, using: &random)),"type":"array"}"#
        case .map(let values): return #"{"type":"map","values":\#(json(values, namespace: namespace, &defined, using: &random))}"#
        case .union(let branches):
            return "[" + branches.map { json($0, namespace: namespace, &defined, using: &random) }.joined(separator: ",\n") + "]"
        case .named(let index): return json(index, namespace: namespace, &defined, using: &random)
        }
    }

    private func json(_ index: Int, namespace: String, _ defined: inout Set<Int>, using random: inout SplitMix64) -> String {
        let type = types[index]
        let isNear = type.namespace == namespace
        guard defined.insert(index).inserted else {
            return isNear && Bool.random(using: &random) ? "\"\(type.name)\"" : "\"\(type.fullName)\""
        }
        var members = [#""doc":"a \"quoted\" \u00e9""#]
        switch Int.random(in: 0..<3, using: &random) {
        case 0 where isNear: members.append(#""name":"\#(type.name)""#)
        case 1: members.append(#""name":"\#(type.fullName)","namespace":"not.this.one""#)
        default: members.append(#""name":"\#(type.name)","namespace":"\#(type.namespace)""#)
        }
        if !type.aliases.isEmpty { members.append(#""aliases":["\#(type.aliases.joined(separator: "\",\""))"]"#) }
        switch type.definition {
        case .fixed(let size): members.append(#""type":"fixed","size":\#(size)"#)
        case .enumeration(let symbols, let fallback):
            members.append(#""type":"enum","symbols":["\#(symbols.joined(separator: "\",\""))"]"#)
            if let fallback { members.append(#""default":"\#(fallback)""#) }
        case .record(let fields):
            let list = fields.map { json($0, namespace: type.namespace, &defined, using: &random) }
            members.append(#""type":"record","fields":[\#(list.joined(separator: ","))]"#)
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private func json(_ field: FieldShape, namespace: String, _ defined: inout Set<Int>, using random: inout SplitMix64) -> String {
        var text = #"{"name":"\#(field.name)","type":\#(json(field.shape, namespace: namespace, &defined, using: &random))"#
        if !field.aliases.isEmpty { text += #","aliases":["\#(field.aliases.joined(separator: "\",\""))"]"# }
        if let fallback = field.fallback { text += #","default":\#(fallback)"# }
        return text + "}"
    }
}
