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
    /// Those that have an entry.
    private var known: TitleSet
    /// Place in `entries` by title, where there is one.
    private var places: [Int32]

    init(titleCount: Int) {
        known = TitleSet(titleCount: titleCount)
        places = [Int32](repeating: 0, count: titleCount)
        entries.reserveCapacity(128)
    }

    @inline(__always)
    func has(_ title: Int) -> Bool { known.contains(title) }

    func marks(_ title: Int) -> TitleMarks { has(title) ? entries[Int(places[title])].marks : [] }

    /// The title's entry; an empty one where nothing is known.
    subscript(title: Int) -> Entry { has(title) ? entries[Int(places[title])] : Entry(title: Int32(title)) }

    /// The place in `entries` of the title's entry, which is made where there is none.
    mutating func place(_ title: Int) -> Int {
        if !known.contains(title) {
            known.insert(title)
            places[title] = Int32(entries.count)
            entries.append(Entry(title: Int32(title)))
        }
        return Int(places[title])
    }

    /// The place of an entry that is there.
    func place(of title: Int) -> Int {
        precondition(known.contains(title), "title \(title) has an entry")
        return Int(places[title])
    }

    /// Changes the entry at a place.
    @inline(__always)
    mutating func update(_ place: Int, _ change: (inout Entry) -> Void) { change(&entries[place]) }

    mutating func mark(_ title: Int, _ marks: TitleMarks) { entries[place(title)].marks.formUnion(marks) }
}
