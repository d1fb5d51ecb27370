import Features

/// A row that may come onto the page: its candidates, found as far as they are asked for, and what it is worth by its kind.
struct RowDraft: Sendable {
    enum Kind: Sendable, Equatable {
        case continueWatching, myList, topPicks, trending, new
        /// A title that the viewer watched.
        case because(Int)
        /// Index into the context's searches.
        case search(Int)
        case genre(GenreID)
        /// A genre that the viewer is not known to like: it fills a page that is not full without it.
        case moreGenre(GenreID)
    }

    /// A title with its score in the row.
    struct Candidate: Sendable, BitwiseCopyable {
        var title: Int32
        var score: Float
    }

    let kind: Kind
    /// Added to the mean worth of its first items, in units of the page's range of scores.
    let bonus: Float
    /// The least number of items with which the row is shown.
    let itemCountMin: Int
    /// Candidates that the row has at most: rows that lose items to others on the page keep enough to choose from.
    let candidateCountMax: Int
    private(set) var candidates: [Candidate] = []
    /// Candidates before this one stand on the page already.
    var firstFree = 0
    /// Where candidates come from, but those of the trending row: these stand in `RegionStandings.trendingOrder`, and are looked for there from a
    /// place on.
    private var titles: RankedTitles
    private var nextTrending = 0
    /// The trending row has titles that were played, too: where nearly everything was.
    private let takesSettled: Bool

    init(
        _ kind: Kind, _ titles: RankedTitles = RankedTitles(), takesSettled: Bool = false, bonus: Float, itemCountMin: Int,
        candidateCountMax: Int
    ) {
        self.kind = kind
        self.titles = titles
        self.takesSettled = takesSettled
        self.bonus = bonus
        self.itemCountMin = itemCountMin
        self.candidateCountMax = candidateCountMax
    }

    /// The candidate at a place not beyond their count, looked for where it was not yet, and then `fetchCount` of them at once; nil where there
    /// are no more.
    @inline(__always)
    mutating func candidate(at place: Int, fetching fetchCount: Int, _ context: borrowing ViewerContext) -> Candidate? {
        if place == candidates.count {
            fill(place + fetchCount, context)
            if place == candidates.count { return nil }
        }
        return candidates[place]
    }

    /// Finds candidates, best first, until there are so many; fewer where there are no more.
    mutating func fill(_ count: Int, _ context: borrowing ViewerContext) {
        let count = min(count, candidateCountMax)
        if candidates.isEmpty { candidates.reserveCapacity(candidateCountMax) }
        if kind == .trending { return fillTrending(count, context) }
        if candidates.count < count { titles.take(count - candidates.count, into: &candidates, context) }
    }

    private mutating func fillTrending(_ count: Int, _ context: borrowing ViewerContext) {
        let (order, standings) = (context.standings.trendingOrder, context.standings)
        while candidates.count < count, nextTrending < order.count {
            let title = order[nextTrending]
            nextTrending += 1
            guard takesSettled ? isOpen(Int(title), context) : context.isEligible(Int(title)) else { continue }
            let standing = standings.titles[Int(title)]
            candidates.append(Candidate(title: title, score: RowScore.trending(standing.trending, standing.popularity)))
        }
    }

    /// Showable, and not on the list, which has a row of its own.
    private func isOpen(_ title: Int, _ context: borrowing ViewerContext) -> Bool {
        context.isShowable(title) && !context.titles.marks(title).contains(.listed)
    }
}
