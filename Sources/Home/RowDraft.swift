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
    }

    /// A title with its score in the row.
    struct Candidate: Sendable, BitwiseCopyable {
        var title: Int32
        var score: Float
    }

    /// Where candidates come from.
    enum Source: Sendable {
        case ranked(RankedTitles)
        /// `RegionStandings.trendingOrder` from a place on; of titles that were played, too, where nearly everything was.
        case trending(next: Int, takesSettled: Bool)
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
    private var source: Source

    init(_ kind: Kind, _ source: Source, bonus: Float, itemCountMin: Int, candidateCountMax: Int) {
        self.kind = kind
        self.source = source
        self.bonus = bonus
        self.itemCountMin = itemCountMin
        self.candidateCountMax = candidateCountMax
    }

    /// The candidate at a place, best first; nil where there are not so many.
    mutating func candidate(_ place: Int, _ context: borrowing ViewerContext) -> Candidate? {
        while place >= candidates.count {
            guard candidates.count < candidateCountMax, let next = next(context) else { return nil }
            candidates.append(next)
        }
        return candidates[place]
    }

    private mutating func next(_ context: borrowing ViewerContext) -> Candidate? {
        switch source {
        case .ranked(var titles):
            source = .trending(next: .max, takesSettled: false)
            let key = titles.next(context)
            source = .ranked(titles)
            return key.map { Candidate(title: Points.title(ofKey: $0), score: Points.score(ofKey: $0)) }
        case .trending(let first, let takesSettled):
            for place in first..<max(first, context.standings.trendingOrder.count) {
                let title = context.standings.trendingOrder[place]
                guard takesSettled ? isOpen(Int(title), context) : context.isEligible(Int(title)) else { continue }
                source = .trending(next: place + 1, takesSettled: takesSettled)
                let score = RowScore.trending(context.standings.trending[Int(title)], context.standings.popularity[Int(title)])
                return Candidate(title: title, score: score)
            }
            source = .trending(next: context.standings.trendingOrder.count, takesSettled: takesSettled)
            return nil
        }
    }

    /// Showable, and not on the list, which has a row of its own.
    private func isOpen(_ title: Int, _ context: borrowing ViewerContext) -> Bool {
        context.isShowable(title) && !context.titles.marks(title).contains(.listed)
    }
}
