package import Features

/// Genre names by number. A number is permanent: a new name takes the next free one, and no number is used again,
/// because features of viewers are stored by it.
package struct GenreList: Sendable, Equatable {
    /// `GenreID` is a byte; 0 stands for none and 255 is kept free.
    package static let countMax = 254

    /// Names by `GenreID.raw`; index 0 is empty.
    package private(set) var names: [String] = [""]
    private var numbers: [String: UInt8] = [:]

    /// A list without names.
    package init() {}

    /// The list of a catalogue in force; a repeated name keeps its first number.
    package init(_ names: [String]) {
        for name in names.dropFirst().prefix(Self.countMax) {
            self.names.append(name)
            if numbers[name.lowercased()] == nil { numbers[name.lowercased()] = UInt8(self.names.count - 1) }
        }
    }

    /// Numbers given so far.
    package var count: Int { names.count - 1 }

    /// The number of a known name; capitals make no difference.
    package func number(of name: String) -> GenreID? { numbers[name.lowercased()].map { GenreID($0) } }

    /// The number of a name, which is added where it is new; nil where all numbers are taken.
    package mutating func add(_ name: String) -> GenreID? {
        if let known = number(of: name) { return known }
        guard count < Self.countMax else { return nil }
        names.append(name)
        numbers[name.lowercased()] = UInt8(names.count - 1)
        return GenreID(UInt8(names.count - 1))
    }
}
