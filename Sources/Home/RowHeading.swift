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
            reason = "ranked by " + Self.grounds(context)
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

    /// "12 plays, 3 searches and 2 ratings".
    private static func grounds(_ context: borrowing ViewerContext) -> String {
        var grounds: [String] = []
        if !context.history.plays.isEmpty { grounds.append(count(context.history.plays.count, "title") + " you played") }
        if !context.searches.isEmpty {
            grounds.append(context.searches.count == 1 ? "1 search" : "\(context.searches.count) searches")
        }
        if !context.ratings.isEmpty { grounds.append(count(context.ratings.count, "rating")) }
        grounds.append("what is played" + (context.standings.region.map { " in " + $0.text } ?? ""))
        return grounds.count == 1 ? grounds[0] : grounds.dropLast().joined(separator: ", ") + " and " + grounds[grounds.count - 1]
    }

    private static func count(_ count: Int, _ noun: String) -> String { count == 1 ? "1 " + noun : "\(count) " + noun + "s" }
}
