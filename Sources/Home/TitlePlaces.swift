// hot path

/// A number for each of some titles, found by index.
struct TitlePlaces: Sendable {
    /// Titles that have one.
    private var known: TitleSet
    /// By title; whatever the memory held where there is none.
    private var places: [Int32]

    init(titleCount: Int) {
        known = TitleSet(titleCount: titleCount)
        // Not filled: a page asks for a few hundred of tens of thousands, and only for those that it has set.
        places = [Int32](unsafeUninitializedCapacity: titleCount) { _, count in count = titleCount }
    }

    @inline(__always)
    func has(_ title: Int) -> Bool { known.contains(title) }

    /// Nil where there is none.
    @inline(__always)
    subscript(title: Int) -> Int? { known.contains(title) ? Int(places[title]) : nil }

    mutating func set(_ title: Int, _ place: Int) {
        known.insert(title)
        places[title] = Int32(place)
    }

    /// Lends the titles that have one.
    func withMembers<R>(_ body: (TitleSet.Members) -> R) -> R { known.withMembers(body) }
}
