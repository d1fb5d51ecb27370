import Catalog
import Features

/// A row's id, what it is called, and why it is there.
struct RowHeading {
    let id: String
    let title: String
    let reason: String

    init(_ kind: RowDraft.Kind, _ context: borrowing ViewerContext, _ evidence: inout Evidence) {
        let region = context.request.region.text
        switch kind {
        case .continueWatching:
            (id, title) = ("continue_watching", "Continue watching")
            reason = "you have not finished these"
        case .myList:
            (id, title) = ("my_list", "My list")
            reason = "you put these on your list"
        case .topPicks where context.isCold:
            (id, title) = ("top_picks", region.isEmpty ? "Popular now" : "Popular now in " + region)
            reason = "nothing is known of you yet: what is played, rising and new"
        case .topPicks:
            (id, title) = ("top_picks", "Top picks for you")
            let text = Self.grounds(context, &evidence)
            reason = evidence.texts.text(text)
        case .trending:
            (id, title) = ("trending:" + (region.isEmpty ? "all" : region), region.isEmpty ? "Trending now" : "Trending now in " + region)
            reason = "played above what is usual" + (region.isEmpty ? "" : " in " + region)
        case .because(let watched):
            let name = context.catalog.titles[watched].name
            (id, title) = ("because:" + context.catalog.titles[watched].id.description, "Because you watched " + name)
            let text = evidence.play(of: watched, context)
            reason = evidence.texts.text(text)
        case .search(let place):
            let search = context.searches[place]
            (id, title) = ("search:" + search.text, "From your search “\(search.text)”")
            let age = context.request.now - search.at
            let text = evidence.make { texts in
                texts.add("you searched for it ")
                texts.add(ago: age)
            }
            reason = evidence.texts.text(text)
        case .genre(let genre):
            let name = context.catalog.genreName(genre)
            (id, title) = ("genre:" + name, name)
            if context.isCold {
                reason = "much played" + (region.isEmpty ? "" : " in " + region)
            } else {
                let text = evidence.genre(genre, context)
                reason = evidence.texts.text(text)
            }
        case .moreGenre(let genre):
            let name = context.catalog.genreName(genre)
            (id, title, reason) = ("genre:" + name, name, "more to discover")
        case .new:
            (id, title) = ("new", "New")
            reason = "added in the last \(context.settings.newMilliseconds / 86_400_000) days"
        }
    }

    /// "ranked by 12 titles you played, 3 searches and what is played in SEA". Put together in the page's texts, as lists of strings took a hundredth
    /// of a page's time.
    private static func grounds(_ context: borrowing ViewerContext, _ evidence: inout Evidence) -> PageTexts.Range {
        let (playCount, searchCount, ratingCount) = (context.history.plays.count, context.searches.count, context.ratings.count)
        let place = Evidence.place(context.standings.region)
        return evidence.make { texts in
            texts.add("ranked by ")
            var left = (playCount > 0 ? 1 : 0) + (searchCount > 0 ? 1 : 0) + (ratingCount > 0 ? 1 : 0)
            func separate(_ texts: inout PageTexts) {
                left -= 1
                texts.add(left == 0 ? " and " : ", ")
            }
            if playCount > 0 {
                texts.add(Int64(playCount), "title")
                texts.add(" you played")
                separate(&texts)
            }
            if searchCount > 0 {
                texts.add(Int64(searchCount))
                texts.add(searchCount == 1 ? " search" : " searches")
                separate(&texts)
            }
            if ratingCount > 0 {
                texts.add(Int64(ratingCount), "rating")
                separate(&texts)
            }
            texts.add("what is played")
            texts.add(place)
        }
    }
}
