import Catalog
import Features
import Foundation
import Home

/// The home page by the dumbest code that could be right: every rule is read off anew for every title, and everything is sorted whole.
struct ReferencePage {
    /// A row as far as it is compared.
    struct Row: Equatable {
        var id: String
        var titles: [Int]
    }

    let titles: [Title]
    let genreNames: [String]
    let viewer: Viewer
    let snapshot: TitleSnapshot
    let request: HomeRequest
    let model: RankerModel
    let standings: RegionStandings
    let settings = HomeSettings()
    private let indices: [Name: Int]

    init(_ world: HomeWorld, _ viewer: Viewer, _ snapshot: TitleSnapshot, _ request: HomeRequest, _ standings: RegionStandings) {
        titles = world.titles
        genreNames = world.genreNames
        self.viewer = viewer
        self.snapshot = snapshot
        self.request = request
        self.standings = standings
        model = HomeWorld.model
        let named = (1...UInt32(max(viewer.names.count, 1))).map { Name(raw: $0) }
        indices = named.prefix(viewer.names.count).reduce(into: [:]) { found, name in
            found[name] = world.titles.firstIndex { $0.id.description == viewer.names.text(name) }
        }
    }

    // MARK: What is known of the viewer

    func index(_ name: Name) -> Int? { indices[name] }

    /// One a title, newest first.
    var plays: [(title: Int, permille: Int32, weight: Float)] {
        var plays: [(title: Int, permille: Int32, weight: Float)] = []
        var recency: Float = 1
        for play in viewer.play.recentPlays.reversed() {
            guard let title = index(play.title), !plays.contains(where: { $0.title == title }) else { continue }
            let watched: Float = play.fractionPermille < 100 ? 0.1 : min(0.4 + 0.6 * Float(play.fractionPermille) / 900, 1)
            plays.append((title, play.fractionPermille, recency * watched))
            recency *= powf(2, -1 / settings.historyHalfLifeEvents)
        }
        return plays
    }

    var played: Set<Int> {
        let names = viewer.play.played + viewer.play.recentPlays.map(\.title) + viewer.play.positions.map(\.title)
        return Set(names.compactMap(index))
    }

    func isShowable(_ title: Int) -> Bool {
        titles[title].isShowable(in: request.region, maturityLimit: request.maturityLimit)
            && !viewer.feedback.hidden.contains { $0.isSet && index($0.title) == title }
    }

    /// Newest first.
    var list: [(title: Int, at: Int64)] {
        viewer.feedback.myList.filter(\.isSet).compactMap { mark in index(mark.title).map { ($0, mark.at) } }
            .filter { isShowable($0.0) }.sorted { $0.1 > $1.1 }
    }

    var unfinished: [Int] {
        viewer.play.positions.reversed().filter { position in
            guard let title = index(position.title) else { return false }
            let permille = Int32(1000 * min(max(Double(position.positionMilliseconds) / Double(position.durationMilliseconds), 0), 1))
            let lastPlay = plays.first { $0.title == title }?.permille ?? 0
            return (5..<900).contains(permille) && lastPlay < 900 && isShowable(title)
                && !viewer.feedback.continueWatchingRemoved.contains { $0.isSet && $0.title == position.title && $0.at >= position.at }
        }.sorted { $0.at > $1.at }.compactMap { index($0.title) }
    }

    var opinions: [(title: Int, pull: Float)] {
        viewer.feedback.ratings.compactMap { rating in
            let pull = Float(rating.tenths - 30) / 20
            return abs(pull) < 0.5 ? nil : index(rating.title).map { ($0, pull) }
        }
    }

    // MARK: Searches

    struct Search {
        var text: String
        var recency: Float
        var clicked: Int?
        /// By title; 0 where it does not fit.
        var shares: [Float]

        var best: Int? { shares.indices.filter { shares[$0] > 0 }.max { (shares[$0], -$0) < (shares[$1], -$1) } }
    }

    var searches: [Search] {
        viewer.search.searches.reversed().map { search in
            let text = viewer.names.text(search.query)
            let recency = decay(request.now - search.at, settings.searchHalfLifeMilliseconds)
            var found = Search(text: text, recency: recency, clicked: index(search.clicked), shares: titles.map { share($0, text) })
            let best = found.best
            if let clicked = found.clicked, found.shares[clicked] == 0 { found.shares[clicked] = 1 }
            if found.clicked == nil { found.clicked = best }
            return found
        }
    }

    private func share(_ title: Title, _ query: String) -> Float {
        func words(_ text: String) -> [String] { text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init) }
        func fits(_ word: String, _ text: String) -> Bool {
            words(text).contains { $0 == word || (word.count >= 3 && $0.hasPrefix(word)) }
        }
        let sought = words(query).prefix(8)
        return sought.reduce(Float(0)) { sum, word in
            if fits(word, title.name) { return sum + 1 / Float(sought.count) }
            return title.genres.contains { fits(word, genreNames[Int($0.raw)]) } ? sum + 0.5 / Float(sought.count) : sum
        }
    }

    // MARK: Features

    func decay(_ age: Int64, _ halfLife: Int64) -> Float { exp2f(-Float(max(age, 0)) / Float(halfLife)) }

    func closeness(_ title: Int, _ other: Int) -> Float {
        guard let successor = snapshot.successors(title).first(where: { $0.title == other }) else { return 0 }
        let (own, its) = (Float(snapshot.totalPlays(title, region: nil)), Float(snapshot.totalPlays(other, region: nil)))
        let weight = Float(max(successor.total + successor.recent, 0)) / 2
        return weight.squareRoot() * (1 / (own + settings.coPlayShrinkPlays).squareRoot()) * powf(its + 5, -settings.popularityDiscount)
    }

    func similarity(_ a: Int, _ b: Int) -> Float {
        let (first, second) = (Set(titles[a].genres), Set(titles[b].genres))
        return first.union(second).isEmpty ? 0 : Float(first.intersection(second).count) / Float(first.union(second).count)
    }

    var affinity: [Float] {
        var blended = [Float](repeating: 0, count: 256)
        let mentions = titles.flatMap { Set($0.genres) }
        for (window, share) in zip(TasteWindow.allCases, settings.tasteShares) {
            var sums = [Float](repeating: 0, count: 256)
            for taste in [viewer.play.taste, viewer.search.taste, viewer.impression.taste, viewer.feedback.taste] {
                for (genre, weight) in taste.weights(window: window, at: request.now) { sums[Int(genre.raw)] += Float(weight) }
            }
            let total = sums.reduce(0) { $0 + abs($1) }
            if total == 0 { continue }
            for genre in 0..<256 {
                let usual = Float(mentions.count { $0.raw == UInt8(genre) }) / Float(max(mentions.count, 1))
                blended[genre] += share * (total / (total + settings.tasteShrinkWeight)) * (sums[genre] / total - usual)
            }
        }
        return blended
    }

    /// Every feature of every title.
    func features() -> [[RankerFeature: Float]] {
        let (plays, opinions, searches, affinity) = (plays, opinions, searches, affinity)
        let hidden = Set(viewer.feedback.hidden.filter(\.isSet).compactMap { index($0.title) })
        return titles.indices.map { title in
            var found: [RankerFeature: Float] = [:]
            for play in plays where play.weight >= settings.historyWeightMin && !hidden.contains(play.title) {
                found[.coPlay, default: 0] += play.weight * closeness(play.title, title)
            }
            let genres = Set(titles[title].genres).sorted()
            found[.genreAffinity] = genres.reduce(0) { $0 + affinity[Int($1.raw)] } / Float(max(genres.count, 1)).squareRoot()
            found[.trending] = min(standings.trends[title].deviations, settings.trendDeviationMax) / settings.trendDeviationMax
            found[.popularity] = standings.popularity[title]
            let age = request.now - titles[title].addedAt
            if (0...settings.newMilliseconds).contains(age) { found[.newness] = decay(age, settings.newHalfLifeMilliseconds) }
            for search in searches { found[.search] = max(found[.search] ?? 0, search.shares[title] * search.recency) }
            var pull: Float = 0
            for opinion in opinions {
                pull += opinion.pull * (opinion.title == title ? 1 : 0) + opinion.pull * closeness(opinion.title, title)
            }
            found[.ratedNeighbours] = min(max(pull, -1), 1)
            found[.fatigue] = fatigue(title)
            return found
        }
    }

    private func fatigue(_ title: Int) -> Float {
        var value: Float = 0
        for shown in viewer.impression.shown where index(shown.title) == title {
            let newest = viewer.play.recentPlays.last { index($0.title) == title }
            if let newest, newest.at >= shown.at { continue }
            let surplus = min(max(Float(shown.count) - settings.fatigueFreeCount, 0) / settings.fatigueFullCount, 1)
            value = surplus * decay(request.now - shown.at, settings.fatigueHalfLifeMilliseconds)
        }
        return value
    }
}
