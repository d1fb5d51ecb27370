/// Turns a schema's JSON into its tree, with full names. Defaults stay JSON for the moment (`pending`), since they may be of types that
/// are not complete yet; `DefaultValues` turns them into values.
struct SchemaParser {
    /// The default of a field, and where it stands.
    struct Pending {
        var node: JSONNode
        var path: String
    }

    static let primitives: [String: Schema] = [
        "null": .null, "boolean": .boolean, "int": .int, "long": .long, "float": .float, "double": .double, "bytes": .bytes,
        "string": .string,
    ]

    /// Every named type that is complete.
    private(set) var names: [String: Schema] = [:]
    /// The defaults of each record's fields, by the record's full name, in the order of the fields.
    private(set) var pending: [String: [Pending?]] = [:]
    /// Every name whose definition has begun.
    private var begun: Set<String> = []

    mutating func schema(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> Schema {
        switch node {
        case .string(let name): return try named(name, namespace: namespace, path: path)
        case .array(let branches): return try union(branches, namespace: namespace, path: path)
        case .object: return try object(node, namespace: namespace, path: path)
        default: throw AvroError(.schema, path: path, "a schema is a string, an array or an object, not \(node.kind)")
        }
    }

    private func named(_ name: String, namespace: String, path: String) throws(AvroError) -> Schema {
        if let primitive = Self.primitives[name] { return primitive }
        let fullName = name.contains(".") || namespace.isEmpty ? name : namespace + "." + name
        guard begun.contains(fullName) else {
            throw AvroError(.schema, path: path, "unknown type \"\(fullName)\"; a named type must be defined before it is used")
        }
        return .reference(fullName)
    }

    private mutating func object(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> Schema {
        guard let type = node["type"] else { throw AvroError(.schema, path: path, "a schema object needs a \"type\"") }
        switch type {
        case .string("record"): return try record(node, namespace: namespace, path: path)
        case .string("enum"): return try enumeration(node, namespace: namespace, path: path)
        case .string("fixed"): return try fixed(node, namespace: namespace, path: path)
        case .string("array"):
            return .array(try schema(try member("items", of: node, path: path), namespace: namespace, path: path + ".items"))
        case .string("map"):
            return .map(try schema(try member("values", of: node, path: path), namespace: namespace, path: path + ".values"))
        default:
            return LogicalType.apply(node, to: try schema(type, namespace: namespace, path: path + ".type"))
        }
    }

    private mutating func union(_ nodes: [JSONNode], namespace: String, path: String) throws(AvroError) -> Schema {
        var branches: [Schema] = []
        var labels: Set<String> = []
        for (index, node) in nodes.enumerated() {
            let place = "\(path)[\(index)]"
            let branch = try schema(node, namespace: namespace, path: place)
            if case .union = branch { throw AvroError(.schema, path: place, "a union must not stand directly inside a union") }
            guard labels.insert(branch.label).inserted else {
                throw AvroError(.schema, path: place, "the union holds \(branch.label) twice")
            }
            branches.append(branch)
        }
        return .union(branches)
    }

    private mutating func fixed(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> Schema {
        let name = try begin(node, namespace: namespace, path: path)
        guard case .integer(let size) = try member("size", of: node, path: path), let size = Int(exactly: size), size >= 0 else {
            throw AvroError(.schema, path: path + ".size", "the size of a fixed is an integer of at least 0")
        }
        let fixed = FixedSchema(name: name.full, aliases: try aliases(node, namespace: name.namespace, path: path), size: size)
        return complete(name, LogicalType.apply(node, to: .fixed(fixed)))
    }

    private mutating func enumeration(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> Schema {
        let name = try begin(node, namespace: namespace, path: path)
        let symbols = try strings(try member("symbols", of: node, path: path), path: path + ".symbols")
        var seen: Set<String> = []
        for (index, symbol) in symbols.enumerated() {
            guard FullName.isSimple(symbol) else {
                throw AvroError(
                    .schema, path: "\(path).symbols[\(index)]", "\"\(symbol)\" is no symbol: letters, digits, _; no digit first")
            }
            guard seen.insert(symbol).inserted else {
                throw AvroError(.schema, path: "\(path).symbols[\(index)]", "the symbol \"\(symbol)\" stands twice")
            }
        }
        let fallback = try text("default", of: node, path: path)
        if let fallback, !seen.contains(fallback) {
            throw AvroError(.schema, path: path + ".default", "the default \"\(fallback)\" is none of the symbols")
        }
        let schema = EnumSchema(
            name: name.full, aliases: try aliases(node, namespace: name.namespace, path: path), doc: try text("doc", of: node, path: path),
            symbols: symbols, fallback: fallback)
        return complete(name, .enumeration(schema))
    }

    private mutating func record(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> Schema {
        let name = try begin(node, namespace: namespace, path: path)
        guard case .array(let nodes) = try member("fields", of: node, path: path) else {
            throw AvroError(.schema, path: path + ".fields", "the fields of a record are an array")
        }
        var fields: [Field] = []
        var seen: Set<String> = []
        var defaults: [Pending?] = []
        for (index, node) in nodes.enumerated() {
            let place = "\(path).fields[\(index)]"
            let field = try self.field(node, namespace: name.namespace, path: place)
            guard seen.insert(field.name).inserted else {
                throw AvroError(.schema, path: place + ".name", "the record has two fields \"\(field.name)\"")
            }
            fields.append(field)
            defaults.append(node["default"].map { Pending(node: $0, path: place + ".default") })
        }
        pending[name.full] = defaults
        let schema = RecordSchema(
            name: name.full, aliases: try aliases(node, namespace: name.namespace, path: path), doc: try text("doc", of: node, path: path),
            fields: fields)
        return complete(name, .record(schema))
    }

    private mutating func field(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> Field {
        let name = try text("name", of: node, path: path)
        guard let name, FullName.isSimple(name) else {
            throw AvroError(.schema, path: path + ".name", "a field needs a name of letters, digits and _, no digit first")
        }
        if let order = try text("order", of: node, path: path), !["ascending", "descending", "ignore"].contains(order) {
            throw AvroError(.schema, path: path + ".order", "the order is ascending, descending or ignore, not \"\(order)\"")
        }
        let aliases = try node["aliases"].map { (node) throws(AvroError) in try strings(node, path: path + ".aliases") } ?? []
        let schema = try schema(try member("type", of: node, path: path), namespace: namespace, path: path + ".type")
        return Field(name: name, aliases: aliases, doc: try text("doc", of: node, path: path), schema: schema, fallback: nil)
    }

    /// Reads the name of a named type and takes note of it, so that its parts may refer to it.
    private mutating func begin(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> FullName {
        guard let given = try text("name", of: node, path: path) else {
            throw AvroError(.schema, path: path, "a named type needs a \"name\"")
        }
        let name = FullName(given, namespace: try text("namespace", of: node, path: path) ?? namespace)
        guard name.isValid else {
            throw AvroError(.schema, path: path + ".name", "\"\(name.full)\" is no name: letters, digits, _ and dots")
        }
        guard Self.primitives[name.simple] == nil else {
            throw AvroError(.schema, path: path + ".name", "\"\(name.simple)\" is a primitive type and cannot be defined")
        }
        guard begun.insert(name.full).inserted else {
            throw AvroError(.schema, path: path + ".name", "the type \"\(name.full)\" is defined twice")
        }
        return name
    }

    private mutating func complete(_ name: FullName, _ schema: Schema) -> Schema {
        names[name.full] = schema
        return schema
    }

    private func aliases(_ node: JSONNode, namespace: String, path: String) throws(AvroError) -> [String] {
        guard let list = node["aliases"] else { return [] }
        return try strings(list, path: path + ".aliases").map { FullName($0, namespace: namespace).full }
    }

    private func member(_ name: String, of node: JSONNode, path: String) throws(AvroError) -> JSONNode {
        guard let value = node[name] else { throw AvroError(.schema, path: path, "\"\(name)\" is missing") }
        return value
    }

    private func text(_ name: String, of node: JSONNode, path: String) throws(AvroError) -> String? {
        switch node[name] {
        case nil: return nil
        case .string(let text): return text
        case .some(let other): throw AvroError(.schema, path: "\(path).\(name)", "expected a string, found \(other.kind)")
        }
    }

    private func strings(_ node: JSONNode, path: String) throws(AvroError) -> [String] {
        guard case .array(let items) = node else {
            throw AvroError(.schema, path: path, "expected an array of strings, found \(node.kind)")
        }
        var strings: [String] = []
        for (index, item) in items.enumerated() {
            guard case .string(let string) = item else {
                throw AvroError(.schema, path: "\(path)[\(index)]", "expected a string, found \(item.kind)")
            }
            strings.append(string)
        }
        return strings
    }
}
