// hot path
import Catalog
import Features

/// Finds the rows that may come onto a viewer's page.
struct RowDrafts {
    private static let becauseCandidatePlayCount = 10
    /// Candidates of a row for each item that it may show.
    private static let poolFactor = 6

    private let poolCount: Int
    private let itemCountMin: Int

    init(_ context: borrowing ViewerContext) {
        poolCount = max(context.request.itemCountMax, 1) * Self.poolFactor
        itemCountMin = context.settings.rowItemCountMin
    }

    /// All drafts but continue watching and my list.
    func discovery(_ context: inout ViewerContext) -> [RowDraft] {
        // Whatever rows tell apart from the sets of genres has an entry before the first row is drafted.
        let watched = watchedTitles(context)
        for title in watched { note(title, &context) }
        for search in context.searches { if let anchor = search.anchor { note(anchor, &context) } }
        var drafts = [topPicks(context), trending(context), new(context)]
        drafts += because(watched, &context)
        drafts += genres(context)
        if let search = search(&context) { drafts.append(search) }
        return drafts
    }

    private func note(_ title: Int, _ context: inout ViewerContext) {
        context.standings.coPlays.forEach(after: title) { context.note(Int($0.title)) }
    }

    private func draft(_ kind: RowDraft.Kind, _ titles: RankedTitles, bonus: Float) -> RowDraft {
        RowDraft(kind, titles, bonus: bonus, itemCountMin: itemCountMin, candidateCountMax: poolCount)
    }

    private func topPicks(_ context: borrowing ViewerContext) -> RowDraft {
        draft(.topPicks, Self.all(context, but: .settled), bonus: 0.1)
    }

    /// All showable titles without certain marks by the model's score.
    static func all(_ context: borrowing ViewerContext, but marks: TitleMarks) -> RankedTitles {
        RankedTitles(setCount: context.columns.sets.count, context) {
            ($0, 0)
        } own: {
            $0.pointee.isShowable && $0.pointee.marks.isDisjoint(with: marks) ? $0.pointee.points : nil
        }
    }

    /// Where nearly everything has been played, what was played may come again here: an empty page helps nobody.
    private func trending(_ context: borrowing ViewerContext) -> RowDraft {
        var eligibleCount = 0
        for title in context.standings.trendingOrder where context.isEligible(Int(title)) {
            eligibleCount += 1
            if eligibleCount == itemCountMin { break }
        }
        return RowDraft(
            .trending, takesSettled: eligibleCount < itemCountMin, bonus: 0.15, itemCountMin: itemCountMin, candidateCountMax: poolCount)
    }

    private func new(_ context: borrowing ViewerContext) -> RowDraft {
        let (newest, terms, own, age) = (context.standings.newest, context.taste.points, context.titles, context.age)
        let titles = RankedTitles(placeCount: newest.count) { place in
            let new = newest[place]
            if let entry = own.places[Int(new.title)] {
                return own.entries[entry].isEligible ? (new.title, own.entries[entry].points) : nil
            }
            return age.admits(Int(new.title)) ? (new.title, terms[Int(new.set)] + new.points) : nil
        }
        return draft(.new, titles, bonus: -0.1)
    }

    /// The newest titles that the viewer watched in good part and did not dislike.
    private func watchedTitles(_ context: borrowing ViewerContext) -> [ViewerHistory.Play] {
        var found: [ViewerHistory.Play] = []
        for play in context.history.plays.prefix(Self.becauseCandidatePlayCount)
        where play.permille >= context.settings.becausePermille && context.isShowable(play.title) {
            var isDisliked = false
            for rating in context.ratings where rating.title == play.title && rating.pull < 0 { isDisliked = true }
            if !isDisliked { found.append(play) }
        }
        return found
    }

    private func note(_ play: ViewerHistory.Play, _ context: inout ViewerContext) { note(play.title, &context) }

    private func because(_ watched: [ViewerHistory.Play], _ context: inout ViewerContext) -> [RowDraft] {
        var drafts: [RowDraft] = []
        for play in watched {
            if drafts.count == context.settings.becauseRowCountMax { break }
            var draft = draft(.because(play.title), neighbours(of: play.title, search: nil, &context), bonus: 0.15 * play.weight)
            draft.fill(itemCountMin, context)
            if draft.candidates.count < itemCountMin { continue }
            drafts.append(draft)
        }
        return drafts
    }

    /// Titles that follow `title` or share most of its genres, with the model's score and what the closeness adds; where a search is given,
    /// what fits it too.
    private func neighbours(of title: Int, search: ViewerContext.Search?, _ context: inout ViewerContext) -> RankedTitles {
        let likeness = context.columns.sets.likeness(to: context.columns.set(of: title))
        let (alike, near) = (likeness.shares, likeness.near)
        let coPlays = context.standings.coPlays
        coPlays.forEach(after: title) { neighbour in
            context.update(context.titles.place(of: Int(neighbour.title))) { $0.closeness = neighbour.closeness }
        }
        for match in search?.matches ?? [] { context.update(context.titles.place(of: Int(match.title))) { $0.share = match.share } }
        let titles = RankedTitles(setCount: near.count, context) {
            (Int(near[$0].set), Int64(near[$0].points))
        } own: { entry in
            guard entry.pointee.isEligible else { return nil }
            let (closeness, share, alike) = (entry.pointee.closeness, entry.pointee.share, alike[Int(entry.pointee.set)])
            let isNear = closeness != 0 || alike >= RowScore.alikeMin
            guard isNear || share > 0 else { return nil }
            var points = entry.pointee.points + Points.of(RowScore.matchWeight * share)
            if isNear { points += Points.of(RowScore.closenessWeight * closeness) + Points.of(RowScore.genreWeight * alike) }
            return points
        }
        coPlays.forEach(after: title) { neighbour in context.update(context.titles.place(of: Int(neighbour.title))) { $0.closeness = 0 } }
        for match in search?.matches ?? [] { context.update(context.titles.place(of: Int(match.title))) { $0.share = 0 } }
        return titles
    }

    /// Rows of the genres that the viewer likes best, or that are played most where nothing is known of the viewer.
    private func genres(_ context: borrowing ViewerContext) -> [RowDraft] {
        var best: [(genre: Int, worth: Float)] = []
        let countMax = context.settings.genreRowCountMax
        for (genre, titleCount) in context.columns.titleCounts.enumerated() where genre > 0 && titleCount >= itemCountMin {
            let worth = context.isCold ? context.standings.genrePopularity[genre] : context.taste.affinity[genre]
            if worth <= 0 || (best.count == countMax && worth <= (best.last?.worth ?? .infinity)) { continue }
            best.insert((genre, worth), at: best.firstIndex { $0.worth < worth } ?? best.count)
            if best.count > countMax { best.removeLast() }
        }
        return best.map { draft(.genre(GenreID(UInt8($0.genre))), ofGenre(UInt8($0.genre), context), bonus: 0) }
    }

    /// Genres that have no row yet, those played least first.
    func moreGenres(than kinds: [RowDraft.Kind], _ context: borrowing ViewerContext) -> [UInt8] {
        let (titleCounts, popularity) = (context.columns.titleCounts, context.standings.genrePopularity)
        let genres = titleCounts.indices.dropFirst().map { UInt8($0) }.filter { genre in
            titleCounts[Int(genre)] >= itemCountMin && !kinds.contains(.genre(GenreID(genre)))
        }
        return genres.sorted { (popularity[Int($0)], $1) < (popularity[Int($1)], $0) }
    }

    func more(ofGenre genre: UInt8, _ context: borrowing ViewerContext) -> RowDraft {
        draft(.moreGenre(GenreID(genre)), ofGenre(genre, context), bonus: 0)
    }

    private func ofGenre(_ genre: UInt8, _ context: borrowing ViewerContext) -> RankedTitles {
        let (columns, sets) = (context.columns, context.columns.sets.byGenre[Int(genre)])
        return RankedTitles(setCount: sets.count, context) {
            (Int(sets[$0]), 0)
        } own: {
            $0.pointee.isEligible && columns.sets.has(Int($0.pointee.set), genre) ? $0.pointee.points : nil
        }
    }

    /// From the newest search that finds something: what fits it, then what is near the best fit.
    private func search(_ context: inout ViewerContext) -> RowDraft? {
        for (place, search) in context.searches.enumerated() {
            guard let anchor = search.anchor else { continue }
            var draft = draft(
                .search(place), neighbours(of: anchor, search: search, &context), bonus: 0.4 * search.recency)
            draft.fill(itemCountMin, context)
            if draft.candidates.count < itemCountMin { continue }
            return draft
        }
        return nil
    }
}
