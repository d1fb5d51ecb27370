import Features

/// The dumbest feature store that could be right: conditional writes by the stored position, and a history that can be taken back, as a
/// Redis does that restarts with a prefix of its past.
struct EngineStore {
    private(set) var values: [String: [UInt8]] = [:]
    private var undo: [(key: String, value: [UInt8]?)] = []

    /// Writes in the history.
    var writeCount: Int { undo.count }

    /// Writes where the stored position is the one expected (nil: nothing stored); answers whether it was.
    mutating func put(_ key: String, expected: Position?, _ value: [UInt8]) -> Bool {
        guard position(of: key) == expected else { return false }
        set(key, value)
        return true
    }

    mutating func set(_ key: String, _ value: [UInt8]) {
        undo.append((key, values[key]))
        values[key] = value
    }

    /// Takes back what was written after so many writes; of some keys only where one server of several goes back.
    mutating func rollBack(to writeCount: Int, where isConcerned: (String) -> Bool = { _ in true }) {
        for index in undo.indices.dropFirst(writeCount).reversed() where isConcerned(undo[index].key) {
            values[undo[index].key] = undo[index].value
        }
        undo = undo[..<writeCount] + undo[writeCount...].filter { !isConcerned($0.key) }
    }

    /// Values whose keys begin so, by the rest of the key.
    func values(under prefix: String) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for (key, value) in values where key.hasPrefix(prefix) { found[String(key.dropFirst(prefix.count))] = value }
        return found
    }

    private func position(of key: String) -> Position? {
        guard let value = values[key] else { return nil }
        func word(_ start: Int) -> UInt64 { value[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        return Position(generation: word(0), offset: Int64(bitPattern: word(8)))
    }
}
