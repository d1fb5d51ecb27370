/// The full name of a named type (Avro 1.11 specification, "Names").
struct FullName: Hashable {
    /// Namespace and name with a dot between them; the name alone in the null namespace.
    let full: String

    /// A name with a dot is full already; any other stands in `namespace` ("" for none).
    init(_ name: String, namespace: String) {
        full = name.contains(".") || namespace.isEmpty ? name : namespace + "." + name
    }

    /// What stands before the last dot, "" for none.
    var namespace: String {
        guard let dot = full.lastIndex(of: ".") else { return "" }
        return String(full[..<dot])
    }

    /// What stands after the last dot.
    var simple: String { Self.simple(full) }

    /// Whether every part is a name.
    var isValid: Bool { full.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { Self.isSimple($0) } }

    /// What stands after the last dot of a full name.
    static func simple(_ full: String) -> String {
        guard let dot = full.lastIndex(of: ".") else { return full }
        return String(full[full.index(after: dot)...])
    }

    /// Whether it matches `[A-Za-z_][A-Za-z0-9_]*`.
    static func isSimple(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: true
            default: false
            }
        }
    }
}
