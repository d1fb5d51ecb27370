// hot path
import Catalog
import Features

extension RankedItem {
    /// A title as a row of the kind shows it: the terms by which the row orders its titles, and why.
    init(_ title: Int, in kind: RowDraft.Kind, _ context: borrowing ViewerContext, _ evidence: inout Evidence) {
        var parts = ScoreParts()
        parts.add(title, in: kind, context)
        var source = parts.source
        let text: PageTexts.Range
        switch kind {
        case .because(let watched):
            source = parts.has(.afterThisTitle) ? .coPlay : .genreAffinity
            text = evidence.because(watched, context)
        case .trending:
            let trend = evidence.trend(title, context)
            source = trend == nil ? .popular : .trending
            text = trend ?? evidence.popular(title, context)
        case .search(let place):
            source = .search
            text =
                parts.has(.searchMatch)
                ? evidence.text(title, source: .search, context)
                : evidence.like(context.searches[place].anchor ?? title, searchAt: place, context)
        case .new:
            source = .new
            text = evidence.added(title, context)
        case .genre(let genre) where !context.isCold:
            text = source == .genreAffinity ? evidence.genre(genre, context) : evidence.text(title, source: source, context)
        case .genre, .moreGenre, .topPicks, .continueWatching, .myList:
            text = evidence.text(title, source: source, context)
        }
        self.init(title: Int32(title), source: source, parts: parts, evidence: text)
    }
}

extension ScoreParts {
    /// The terms by which the row's kind orders its titles.
    mutating func add(_ title: Int, in kind: RowDraft.Kind, _ context: borrowing ViewerContext) {
        switch kind {
        case .continueWatching, .myList: break
        case .topPicks, .genre, .moreGenre, .new: addModel(title, context)
        case .trending:
            let standing = context.standings.titles[title]
            add(.trending, RowScore.trendWeight * standing.trending)
            add(.popularity, RowScore.popularityWeight * standing.popularity)
        case .because(let watched):
            addModel(title, context)
            addNearness(of: title, to: watched, context)
        case .search(let place):
            let search = context.searches[place]
            addModel(title, context)
            addNearness(of: title, to: search.anchor ?? title, context)
            add(.searchMatch, RowScore.matchWeight * context.share(of: title, search))
        }
    }

    /// The model's terms.
    private mutating func addModel(_ title: Int, _ context: borrowing ViewerContext) {
        let (standing, model) = (context.standings.titles[title], context.model)
        let own = context.titles[title]
        add(.coPlay, model.weight(.coPlay) * own.coPlay)
        add(.genreAffinity, model.weight(.genreAffinity) * context.taste.ofSet[Int(standing.set)])
        add(.trending, model.weight(.trending) * standing.trending)
        add(.popularity, model.weight(.popularity) * standing.popularity)
        add(.newness, model.weight(.newness) * standing.newness)
        add(.search, model.weight(.search) * own.search)
        add(.ratedNeighbours, model.weight(.ratedNeighbours) * own.rated)
        add(.fatigue, model.weight(.fatigue) * own.fatigue)
    }

    /// How near the title is to another one.
    mutating func addNearness(of title: Int, to other: Int, _ context: borrowing ViewerContext) {
        add(.afterThisTitle, RowScore.closenessWeight * context.standings.coPlays.closeness(from: other, to: title))
        add(.sameGenres, RowScore.genreWeight * context.columns.genreSimilarity(other, title))
    }
}
