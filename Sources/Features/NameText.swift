extension NameTable {
    /// The text of a name, for people and for what leaves the hot path.
    package func text(_ name: Name) -> String {
        withBytes(name) { String(decoding: $0, as: UTF8.self) }
    }
}
