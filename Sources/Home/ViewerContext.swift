import Catalog
import Features

/// All that the ranking of one request looks at, names resolved.
struct ViewerContext: Sendable {
    /// A rating that pulls (four stars and more) or pushes (two and fewer); −1.25…1.
    struct Opinion: Sendable, BitwiseCopyable {
        var title: Int
        var pull: Float
    }

    /// A title shown to the viewer and not played since.
    struct Shown: Sendable, BitwiseCopyable {
        var title: Int
        var count: Float
        var at: Int64
    }

    /// A search with the titles that fit it.
    struct Search: Sendable {
        var text: String
        var at: Int64
        var recency: Float
        var clicked: Int?
        var query: TitleSearch.Query
        /// In no order; the clicked title is among them.
        var matches: [TitleSearch.Match]
        /// What fits best, by index where several do; nil where nothing fits.
        var best: Int?

        /// The title that the search's row is about.
        var anchor: Int? { clicked ?? best }
    }

    let catalog: Catalog
    let columns: TitleColumns
    let model: RankerModel
    let settings: HomeSettings
    let finder: TitleSearch
    let snapshot: TitleSnapshot
    let standings: RegionStandings
    let request: HomeRequest
    let history: ViewerHistory
    let ratings: [Opinion]
    let shown: [Shown]
    /// Newest first.
    let searches: [Search]
    let taste: ViewerTaste
    private(set) var titles: ViewerTitles
    let isCold: Bool
    let age: AgeLimit

    /// Which titles are for viewers of an age.
    struct AgeLimit: Sendable {
        private let maturity: [Int32]
        private let limit: Int
        /// No title is for older viewers.
        private let isOfAnyAge: Bool

        init(_ columns: TitleColumns, limit: Int) {
            (maturity, self.limit) = (columns.maturity, limit)
            isOfAnyAge = columns.maturityMax <= limit
        }

        @inline(__always)
        func admits(_ title: Int) -> Bool { isOfAnyAge || Int(maturity[title]) <= limit }
    }

    init(_ viewer: Viewer, composer: HomeComposer, snapshot: TitleSnapshot, request: HomeRequest, standings: RegionStandings) {
        catalog = composer.catalog
        columns = composer.columns
        model = composer.model
        settings = composer.settings
        finder = composer.search
        self.snapshot = snapshot
        self.request = request
        self.standings = standings
        let tastes = [viewer.play.taste, viewer.search.taste, viewer.impression.taste, viewer.feedback.taste].filter { !$0.isEmpty }
        taste = ViewerTaste(tastes, columns: columns, model: model, settings: settings, now: request.now)
        var titles = ViewerTitles(titleCount: composer.columns.count)
        var history = ViewerHistory(
            viewer, catalog: catalog, columns: columns, settings: settings, request: request, titles: &titles)
        ratings = viewer.feedback.ratings.compactMap { rating in
            let pull = Float(rating.tenths - 30) / 20
            guard abs(pull) >= 0.5, let title = history.index(of: rating.title, viewer, composer.catalog) else { return nil }
            return Opinion(title: title, pull: pull)
        }
        var shown: [Shown] = []
        shown.reserveCapacity(viewer.impression.shown.count)
        for entry in viewer.impression.shown {
            guard let title = history.index(of: entry.title, viewer, composer.catalog), titles[title].playedAt < entry.at else { continue }
            shown.append(Shown(title: title, count: Float(entry.count), at: entry.at))
        }
        self.shown = shown
        searches = viewer.search.searches.reversed().map { search in
            let clicked = history.index(of: search.clicked, viewer, composer.catalog)
            return Search(search, viewer, clicked: clicked, composer: composer, now: request.now)
        }
        self.history = history
        self.titles = consume titles
        isCold = viewer.isCold
        age = AgeLimit(columns, limit: request.maturityLimit)
        addSignals()
    }

    /// Makes an entry for a title, so that a row about another one may tell how near it is.
    mutating func note(_ title: Int) {
        if !titles.has(title) { finish(from: titles.place(title)) }
    }

    @inline(__always)
    mutating func update(_ place: Int, _ change: (inout ViewerTitles.Entry) -> Void) { titles.update(place, change) }

    /// Fit for the viewer's age and available in the region, and not hidden.
    func isShowable(_ title: Int) -> Bool { titles.has(title) ? titles[title].isShowable : isFit(title) }

    /// May be recommended: showable, not played, not on the list.
    func isEligible(_ title: Int) -> Bool { titles.has(title) ? titles[title].isEligible : isFit(title) }

    private func isFit(_ title: Int) -> Bool { standings.isShowable(title, to: age) }

    /// Whether a title that is shown here may be shown to the viewer and stands for this one as for all; by its key.
    func isCommon(_ key: UInt64) -> Bool {
        let title = Int(Points.title(ofKey: key))
        return !titles.has(title) && isOfAge(title)
    }

    func isOfAge(_ title: Int) -> Bool { age.admits(title) }

    /// The model's score.
    @inline(__always)
    func points(_ title: Int) -> Int64 {
        titles.has(title) ? titles[title].points : taste.points[columns.set(of: title)] + standings.points[title]
    }

    /// How well a title fits a search; 0 where it does not.
    func share(of title: Int, _ search: Search) -> Float {
        let share = finder.share(of: title, search.query)
        return share == 0 && search.clicked == title ? 1 : share
    }
}

extension ViewerContext.Search {
    init(_ search: RecentSearch, _ viewer: Viewer, clicked: Int?, composer: HomeComposer, now: Int64) {
        text = viewer.names.text(search.query)
        at = search.at
        recency = Float.decay(age: now - search.at, halfLife: composer.settings.searchHalfLifeMilliseconds)
        self.clicked = clicked
        query = composer.search.query(text)
        matches = composer.search.matches(query)
        var found: TitleSearch.Match?
        for match in matches {
            guard let known = found else {
                found = match
                continue
            }
            if match.share > known.share || (match.share == known.share && match.title < known.title) { found = match }
        }
        if let clicked, composer.search.share(of: clicked, query) == 0 { matches.append(.init(title: Int32(clicked), share: 1)) }
        best = found.map { Int($0.title) } ?? clicked
    }
}

// MARK: What the viewer's state says of titles

extension ViewerContext {
    fileprivate mutating func addSignals() {
        addCoPlays()
        addRatedNeighbours()
        for search in searches {
            for match in search.matches {
                titles.update(titles.place(Int(match.title))) { $0.search = max($0.search, match.share * search.recency) }
            }
        }
        addFatigue()
        finish(from: 0)
    }

    /// Adds up what is known of the titles whose entries stand from a place on.
    fileprivate mutating func finish(from place: Int) {
        let coPlay = model.weight(.coPlay)
        let (search, rated, fatigue) = (model.weight(.search), model.weight(.ratedNeighbours), model.weight(.fatigue))
        let (ofTitle, terms, standings, age) = (columns.sets.ofTitle, taste.points, standings, age)
        titles.updateAll(from: place) { entry in
            let title = Int(entry.title)
            entry.rated = min(max(entry.rated, -1), 1)
            entry.set = ofTitle[title]
            var points = terms[Int(entry.set)] + standings.points[title]
            if entry.coPlay != 0 { points += Points.of(coPlay * entry.coPlay) }
            if entry.search != 0 { points += Points.of(search * entry.search) }
            if entry.rated != 0 { points += Points.of(rated * entry.rated) }
            if entry.fatigue != 0 { points += Points.of(fatigue * entry.fatigue) }
            entry.points = points
            entry.isShowable = standings.isShowable(title, to: age) && !entry.marks.contains(.hidden)
            entry.isEligible = entry.isShowable && entry.marks.isDisjoint(with: .settled)
        }
    }

    private mutating func addCoPlays() {
        for play in history.plays where play.weight >= settings.historyWeightMin {
            if titles.marks(play.title).contains(.hidden) { continue }
            standings.coPlays.forEach(after: play.title) { neighbour in
                let share = play.weight * neighbour.closeness
                titles.update(titles.place(Int(neighbour.title))) { entry in
                    entry.coPlay += share
                    guard share > entry.anchorShare else { return }
                    entry.anchorShare = share
                    entry.anchor = Int32(play.title)
                }
            }
        }
    }

    private mutating func addRatedNeighbours() {
        for rating in ratings {
            titles.update(titles.place(rating.title)) { $0.rated += rating.pull }
            standings.coPlays.forEach(after: rating.title) { neighbour in
                titles.update(titles.place(Int(neighbour.title))) { $0.rated += rating.pull * neighbour.closeness }
            }
        }
    }

    /// Shown often of late and not played since.
    private mutating func addFatigue() {
        for shown in shown {
            let surplus = min(max(shown.count - settings.fatigueFreeCount, 0) / settings.fatigueFullCount, 1)
            let value = surplus * Float.decay(age: request.now - shown.at, halfLife: settings.fatigueHalfLifeMilliseconds)
            titles.update(titles.place(shown.title)) { $0.fatigue = value }
        }
    }
}
