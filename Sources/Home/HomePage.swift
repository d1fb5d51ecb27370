package import Features

/// What is asked of the home page.
package struct HomeRequest: Sendable {
    package var region: RegionID
    package var maturityLimit: Int
    package var rowCountMax: Int
    package var itemCountMax: Int
    /// Milliseconds since 1970.
    package var now: Int64

    package init(region: RegionID, maturityLimit: Int, rowCountMax: Int, itemCountMax: Int, now: Int64) {
        self.region = region
        self.maturityLimit = maturityLimit
        self.rowCountMax = rowCountMax
        self.itemCountMax = itemCountMax
        self.now = now
    }
}

/// A composed page; indices are into the catalogue that it was made with.
package struct HomePage: Sendable {
    package let rows: [Row]
    init(rows: [Row]) { self.rows = rows }
}

/// One row.
package struct Row: Sendable {
    /// `continue_watching`, `my_list`, `top_picks`, `because:<title>`, `trending:<region>`, `search:<query>`, `genre:<name>`, `new`.
    package let id: String
    package let title: String
    /// Why this row is on the page, for `explain`.
    package let reason: String
    package let list: RankedList
    /// The items in full.
    package var items: [Item] { list.items }
}

/// Ranked titles as they were computed, with the texts that they refer to.
package struct RankedList: Sendable {
    package let ranked: ArraySlice<RankedItem>
    package let texts: PageTexts

    /// The items in full, one by one.
    package var items: [Item] {
        ranked.map { item in
            var parts: [ScorePart] = []
            item.parts.forEach { parts.append(ScorePart(name: $0.name.description, value: $1)) }
            return Item(
                titleIndex: Int(item.title), score: item.parts.score, parts: parts, source: item.source,
                evidence: texts.text(item.evidence), progress: item.progress < 0 ? nil : item.progress)
        }
    }
}

/// One title of a list with all that was computed for it.
package struct RankedItem: Sendable, BitwiseCopyable {
    /// Index into the catalogue.
    package var title: Int32
    package var source: Source
    package var parts: ScoreParts
    /// In the list's texts.
    package var evidence: PageTexts.Range
    /// Set for continue watching: 0…1; below 0 where there is none.
    package var progress = -1.0
}

/// One title in a row, with its score's parts and evidence, so that `explain` only prints what serving computed.
package struct Item: Sendable {
    package let titleIndex: Int
    package let score: Double
    /// What contributed how much; they add up to `score`.
    package let parts: [ScorePart]
    package let source: Source
    /// In words, of real events: "you watched Sintel to the end 2 h ago".
    package let evidence: String
    /// Set for continue watching: 0…1.
    package let progress: Double?
}

/// One term of a score.
package struct ScorePart: Sendable, Equatable {
    package let name: String
    package let value: Double
}

/// Where a candidate came from.
package enum Source: String, Sendable, CaseIterable, BitwiseCopyable {
    case continueWatching = "continue_watching"
    case coPlay = "co_play"
    case genreAffinity = "genre_affinity"
    case trending, popular, new, search
    case myList = "my_list"

    /// The raw value, for whoever writes bytes.
    package var text: StaticString {
        switch self {
        case .continueWatching: "continue_watching"
        case .coPlay: "co_play"
        case .genreAffinity: "genre_affinity"
        case .trending: "trending"
        case .popular: "popular"
        case .new: "new"
        case .search: "search"
        case .myList: "my_list"
        }
    }
}

extension PageTexts {
    /// A text, for whoever does not write its bytes on.
    func text(_ range: Range) -> String { withBytes { String(decoding: $0[range], as: UTF8.self) } }
}
