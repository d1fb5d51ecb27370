// hot path

/// The titles that one viewer's state says anything of, found by index; every other title stands for this viewer as for all.
struct ViewerTitles: Sendable {
    /// What is known of a title for the viewer beyond how it stands for everybody.
    struct Entry: Sendable, BitwiseCopyable {
        var title: Int32
        var marks: TitleMarks = []
        var coPlay: Float = 0
        /// The title of the play that adds most to `coPlay`, −1 where there is none, and what it adds.
        var anchor: Int32 = -1
        var anchorShare: Float = 0
        var rated: Float = 0
        var search: Float = 0
        var fatigue: Float = 0
        /// Newest play; `Int64.min` where there is none in the history.
        var playedAt = Int64.min
        /// The model's score, all told.
        var points: Int64 = 0
        /// The title's set of genres.
        var set: Int32 = 0
        /// May be shown to the viewer here; and be recommended: not played, not on the list.
        var isShowable = false
        var isEligible = false
        /// While a row is drafted: how closely the title follows the row's, and how well it fits the row's search.
        var closeness: Float = 0
        var share: Float = 0
    }

    private(set) var entries: [Entry] = []
    /// Places in `entries`.
    private(set) var places: TitlePlaces

    init(titleCount: Int) {
        places = TitlePlaces(titleCount: titleCount)
        entries.reserveCapacity(512)
    }

    @inline(__always)
    func has(_ title: Int) -> Bool { places.has(title) }

    func marks(_ title: Int) -> TitleMarks { places[title].map { entries[$0].marks } ?? [] }

    /// The title's entry; an empty one where nothing is known.
    subscript(title: Int) -> Entry { places[title].map { entries[$0] } ?? Entry(title: Int32(title)) }

    /// The place in `entries` of the title's entry, which is made where there is none.
    mutating func place(_ title: Int) -> Int {
        if let place = places[title] { return place }
        places.set(title, entries.count)
        entries.append(Entry(title: Int32(title)))
        return entries.count - 1
    }

    /// The place of an entry that is there.
    func place(of title: Int) -> Int {
        guard let place = places[title] else { preconditionFailure("title \(title) has an entry") }
        return place
    }

    /// Changes the entry at a place.
    @inline(__always)
    mutating func update(_ place: Int, _ change: (inout Entry) -> Void) { change(&entries[place]) }

    /// Goes through the entries without copying them.
    @inline(__always)
    func forEach(_ body: (UnsafePointer<Entry>) -> Void) {
        entries.withUnsafeBufferPointer { entries in
            guard let first = entries.baseAddress else { return }
            for place in 0..<entries.count { body(first + place) }
        }
    }

    /// Changes the entries from a place on.
    @inline(__always)
    mutating func updateAll(from place: Int, _ change: (inout Entry) -> Void) {
        entries.withUnsafeMutableBufferPointer { entries in
            for place in place..<entries.count { change(&entries[place]) }
        }
    }

    mutating func mark(_ title: Int, _ marks: TitleMarks) { entries[place(title)].marks.formUnion(marks) }
}
