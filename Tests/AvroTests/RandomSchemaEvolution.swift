import TestSupport

extension RandomSchema {
    /// A schema that a reader of another version might have: mostly compatible, now and then not.
    func evolved(using random: inout SplitMix64) -> RandomSchema {
        var result = self
        result.root = result.evolved(root, using: &random)
        for index in result.types.indices {
            if Int.random(in: 0..<6, using: &random) == 0 {
                result.types[index].aliases.append(result.types[index].fullName)
                result.types[index].name += "Renamed"
            }
            switch result.types[index].definition {
            case .fixed: break
            case .enumeration(let symbols, let fallback):
                result.types[index].definition = evolved(symbols, fallback, using: &random)
            case .record(let fields): result.types[index].definition = .record(result.evolved(fields, using: &random))
            }
        }
        return result
    }

    private func evolved(_ symbols: [String], _ fallback: String?, using random: inout SplitMix64) -> Definition {
        var symbols = symbols.shuffled(using: &random)
        if Bool.random(using: &random), symbols.count > 1, symbols.last != fallback { symbols.removeLast() }
        symbols.append("Added")
        return .enumeration(symbols, fallback: fallback ?? (Bool.random(using: &random) ? "Added" : nil))
    }

    private static let added: [(Shape, String)] = [
        (.primitive("int"), "7"), (.primitive("long"), "-9000000000"), (.primitive("string"), #""d\u00e9f""#),
        (.primitive("double"), "1.5"),
        (.primitive("float"), "-2.5"), (.primitive("bytes"), #""\u00ff\u0000a""#), (.primitive("boolean"), "true"),
        (.array(.primitive("int")), "[1, 2]"), (.map(.primitive("string")), #"{"k": "v"}"#),
        (.union([.primitive("null"), .primitive("int")]), "null"), (.union([.primitive("string"), .primitive("null")]), #""s""#),
    ]

    private func evolved(_ fields: [FieldShape], using random: inout SplitMix64) -> [FieldShape] {
        var result: [FieldShape] = []
        for var field in fields {
            if Int.random(in: 0..<6, using: &random) == 0 { continue }
            if field.fallback == nil { field.shape = evolved(field.shape, using: &random) }
            if Int.random(in: 0..<5, using: &random) == 0 {
                field.aliases = ["nobody", field.name]
                field.name += "_renamed"
            }
            result.append(field)
        }
        for number in 0..<Int.random(in: 0...2, using: &random) {
            let (shape, fallback) = Self.added[Int.random(in: 0..<Self.added.count, using: &random)]
            result.append(FieldShape(name: "added\(number)", shape: shape, fallback: fallback))
        }
        if Int.random(in: 0..<30, using: &random) == 0 { result.append(FieldShape(name: "needed", shape: .primitive("int"))) }
        return result.shuffled(using: &random)
    }

    private func evolved(_ shape: Shape, using random: inout SplitMix64) -> Shape {
        switch shape {
        case .primitive(let name):
            let promoted = Self.promotions[name]?.randomElement(using: &random) ?? name
            let choice = Int.random(in: 0..<12, using: &random)
            if choice == 0 { return .primitive(Self.primitives[Int.random(in: 0..<8, using: &random)]) }
            if choice < 3, name != "null" { return .union([.primitive("null"), .primitive(promoted)].shuffled(using: &random)) }
            return .primitive(choice < 7 ? promoted : name)
        case .logical, .named: return shape
        case .array(let items): return .array(evolved(items, using: &random))
        case .map(let values): return .map(evolved(values, using: &random))
        case .union(let branches):
            let choice = Int.random(in: 0..<6, using: &random)
            if choice == 0 { return branches[0] }
            var branches = branches.shuffled(using: &random)
            if choice == 1, branches.count > 1 { branches.removeLast() }
            return .union(branches)
        }
    }

    private static let promotions = [
        "int": ["long", "float", "double"], "long": ["float", "double"], "float": ["double"], "string": ["bytes"], "bytes": ["string"],
    ]
}
