// hot path
import Catalog
import Features

/// Says in words, of real events, why a title stands where it stands; texts that many titles share are made once a page.
struct Evidence: Sendable {
    /// Texts that many titles share, told apart by a title, a genre or the place of a search.
    private enum Shared: UInt8 { case play, because, next, genre, searched, chosen, like }

    var texts: PageTexts
    private var shared: [(kind: Shared, number: Int, text: PageTexts.Range)] = []
    private let ofPlace: String

    init(_ context: borrowing ViewerContext) {
        texts = PageTexts(common: context.standings.popularTexts)
        ofPlace = Self.place(context.standings.region)
    }

    /// By the source that contributed most to the score.
    mutating func text(_ title: Int, source: Source, _ context: borrowing ViewerContext) -> PageTexts.Range {
        switch source {
        case .coPlay: coPlay(title, context)
        case .genreAffinity: affinity(title, context)
        case .search: search(title, context)
        case .new: added(title, context)
        case .trending: trend(title, context) ?? popular(title, context)
        case .popular, .continueWatching, .myList: popular(title, context)
        }
    }

    /// "you watched Sintel to the end 2 h ago".
    mutating func play(of title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        if let known = known(.play, title) { return known }
        let text = texts.make { texts in
            guard let play = context.history.plays.first(where: { $0.title == title }) else {
                texts.add("you watched ")
                return texts.add(context.catalog.titles[title].name)
            }
            texts.add("you watched ")
            if play.permille >= context.settings.completedPermille {
                texts.add(context.catalog.titles[title].name)
                texts.add(" to the end ")
            } else {
                texts.add(Int64(play.permille / 10))
                texts.add(" % of ")
                texts.add(context.catalog.titles[title].name)
                texts.add(" ")
            }
            texts.add(ago: context.request.now - play.at)
        }
        return share(text, .play, title)
    }

    /// "12 plays in SEA in the last hour against 3 expected"; nil where nothing is above the usual.
    mutating func trend(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range? {
        let trend = context.standings.trends[title]
        guard trend.deviations > 0 else { return nil }
        return texts.make { texts in
            texts.add(trend.played, "play")
            texts.add(ofPlace)
            texts.add(trend.window == .hour ? " in the last hour against " : " in the last 24 h against ")
            texts.add(Int64(trend.expected.rounded()))
            texts.add(" expected")
        }
    }

    /// "214 plays in SEA in the last 7 days", the same for every viewer.
    func popular(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range { context.standings.popularText[title] }

    /// What `popular` says of a title: plays of the week, or ever, or everywhere, the nearest view that has one.
    static func popular(week: Int64, region: Int64, everywhere: Int64, _ place: String, _ texts: inout PageTexts) {
        if week > 0 {
            texts.add(week, "play")
            texts.add(place)
            texts.add(" in the last 7 days")
        } else if region > 0 {
            texts.add(region, "play")
            texts.add(place)
            texts.add(" so far")
        } else if everywhere > 0 {
            texts.add(everywhere, "play")
            texts.add(" in all regions so far")
        } else {
            texts.add("not played by anybody yet")
        }
    }

    /// " in SEA"; nothing where all regions are meant.
    static func place(_ region: RegionID?) -> String { region.map { " in " + $0.text } ?? "" }

    /// "Comedy is in 4 of your plays of the last 7 days".
    mutating func genre(_ genre: GenreID, _ context: borrowing ViewerContext) -> PageTexts.Range {
        if let known = known(.genre, Int(genre.raw)) { return known }
        var (inWeek, ever) = (0, 0)
        for play in context.history.plays where context.columns.sets.has(context.columns.set(of: play.title), genre.raw) {
            ever += 1
            if context.request.now - play.at <= 7 * 86_400_000 { inWeek += 1 }
        }
        let name = context.catalog.genreName(genre)
        let playCount = context.history.plays.count
        let text = texts.make { texts in
            if inWeek > 0 {
                texts.add(name)
                texts.add(" is in ")
                texts.add(Int64(inWeek), "title")
                texts.add(" you played in the last 7 days")
            } else if ever > 0 {
                texts.add(name)
                texts.add(" is in ")
                texts.add(Int64(ever))
                texts.add(" of the last ")
                texts.add(Int64(playCount), "title")
                texts.add(" you played")
            } else {
                texts.add("you searched for, rated, listed or looked at ")
                texts.add(name)
            }
        }
        return share(text, .genre, Int(genre.raw))
    }

    /// "added 3 days ago".
    mutating func added(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        let age = context.request.now - context.columns.addedAt[title]
        return texts.make { texts in
            texts.add("added ")
            texts.add(ago: age)
        }
    }

    /// "because you watched Sintel to the end 2 h ago".
    mutating func because(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        if let known = known(.because, title) { return known }
        let play = play(of: title, context)
        let text = texts.make { texts in
            texts.add("because ")
            texts.add(play)
        }
        return share(text, .because, title)
    }

    /// "like Sintel, found by your search for “dragons”".
    mutating func like(_ anchor: Int, searchAt place: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        if let known = known(.like, place) { return known }
        let (name, search) = (context.catalog.titles[anchor].name, context.searches[place].text)
        let text = texts.make { texts in
            texts.add("like ")
            texts.add(name)
            texts.add(", found by your search for “")
            texts.add(search)
            texts.add("”")
        }
        return share(text, .like, place)
    }

    private func known(_ kind: Shared, _ number: Int) -> PageTexts.Range? {
        for known in shared where known.number == number && known.kind == kind { return known.text }
        return nil
    }

    private mutating func share(_ text: PageTexts.Range, _ kind: Shared, _ number: Int) -> PageTexts.Range {
        shared.append((kind, number, text))
        return text
    }

    /// Any other text.
    mutating func make(_ write: (inout PageTexts) -> Void) -> PageTexts.Range { texts.make(write) }

    private mutating func coPlay(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        let anchor = context.titles[title].anchor
        if anchor >= 0 {
            if let known = known(.next, Int(anchor)) { return known }
            let play = play(of: Int(anchor), context)
            let text = texts.make { texts in
                texts.add("often played next: ")
                texts.add(play)
            }
            return share(text, .next, Int(anchor))
        }
        let snapshot = context.snapshot
        let liked = context.ratings.first { rating in
            rating.pull > 0 && (rating.title == title || snapshot.successors(rating.title).contains { $0.title == title })
        }
        guard let liked else { return popular(title, context) }
        let name = context.catalog.titles[liked.title].name
        return texts.make { texts in
            texts.add("you rated ")
            texts.add(name)
            texts.add(" \(Double(liked.pull) * 2 + 3) stars")
        }
    }

    private mutating func affinity(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        var strongest: UInt8?
        for index in context.columns.genreRange(title) {
            let genre = context.columns.genres[index]
            if let known = strongest, context.taste.affinity[Int(genre)] <= context.taste.affinity[Int(known)] { continue }
            strongest = genre
        }
        guard let strongest else { return popular(title, context) }
        return genre(GenreID(strongest), context)
    }

    private mutating func search(_ title: Int, _ context: borrowing ViewerContext) -> PageTexts.Range {
        for (place, search) in context.searches.enumerated() where context.share(of: title, search) > 0 {
            let isClicked = search.clicked == title
            let kind = isClicked ? Shared.chosen : .searched
            if let known = known(kind, place) { return known }
            let text = texts.make { texts in
                texts.add("you searched for “")
                texts.add(search.text)
                texts.add(isClicked ? "” and chose it " : "” ")
                texts.add(ago: context.request.now - search.at)
            }
            return share(text, kind, place)
        }
        return popular(title, context)
    }
}
