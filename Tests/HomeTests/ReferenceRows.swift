import Catalog
import Features
import Foundation
import Home

/// The rows of the dumbest page: all candidates of all rows, sorted whole, then the row of most worth again and again.
extension ReferencePage {
    private struct Draft {
        var id: String
        /// Best first, with the row's scores.
        var candidates: [(title: Int, score: Double)]
        var bonus: Float
    }

    /// Terms of scores are told to 2^-28, so that their sums do not depend on their order.
    private func term(_ value: Float) -> Double { (Double(value) * 268_435_456).rounded(.toNearestOrEven) / 268_435_456 }

    func rows() -> [Row] {
        guard request.rowCountMax > 0 && request.itemCountMax > 0 else { return [] }
        let features = features()
        let scores = features.map { own in RankerFeature.allCases.reduce(0.0) { $0 + term(model.weight($1) * (own[$1] ?? 0)) } }
        let showable = scores.indices.filter(isShowable).map { Float(scores[$0]) }
        let lowest = showable.min() ?? 0
        let span = max((showable.max() ?? 0) - lowest, 0.001)
        var (rows, placed): ([Row], Set<Int>) = ([], [])
        if !unfinished.isEmpty { rows.append(Row(id: "continue_watching", titles: Array(unfinished.prefix(request.itemCountMax)))) }
        var drafts = drafts(features, scores)
        // What fills the page comes by how much it is played.
        var more = (1..<256).filter { genre in titles.count { $0.genres.contains(GenreID(UInt8(genre))) } >= 3 }
            .sorted { (popularity(ofGenre: $1), $0) < (popularity(ofGenre: $0), $1) }
        var listed = list.map(\.title)
        let listWorth = 0.6 + 0.7 * decay(request.now - (list.first?.at ?? 0), 3 * 86_400_000)
        while rows.count < request.rowCountMax {
            let worths = drafts.map { draft -> Float in
                let free = draft.candidates.filter { !placed.contains($0.title) }.prefix(5)
                if free.count < settings.rowItemCountMin { return -.infinity }
                return free.reduce(Float(0)) { $0 + (Float(scores[$1.title]) - lowest) / span } / Float(free.count) + draft.bonus
            }
            let best = worths.max() ?? -.infinity
            if !listed.isEmpty && listWorth > best {
                rows.append(Row(id: "my_list", titles: Array(listed.prefix(request.itemCountMax))))
                placed.formUnion(listed.prefix(request.itemCountMax))
                listed = []
            } else if best > -.infinity, let place = worths.firstIndex(of: best) {
                let draft = drafts.remove(at: place)
                let free = draft.candidates.filter { !placed.contains($0.title) }.prefix(request.itemCountMax * 3)
                rows.append(Row(id: draft.id, titles: diverse(Array(free))))
                placed.formUnion(rows[rows.count - 1].titles)
            } else if more.isEmpty {
                break
            } else {
                let (genre, id) = (more[0], "genre:" + genreNames[more[0]])
                more.removeFirst()
                if rows.contains(where: { $0.id == id }) { continue }
                let own = titles.indices.filter { isEligible($0) && titles[$0].genres.contains(GenreID(UInt8(genre))) }
                drafts = [draft(id, own, bonus: 0) { scores[$0] }]
            }
        }
        return rows
    }

    private func isEligible(_ title: Int) -> Bool { isShowable(title) && !played.contains(title) && !list.contains { $0.title == title } }

    private func draft(_ id: String, _ titles: [Int], bonus: Float, _ score: (Int) -> Double) -> Draft {
        let sorted = titles.map { ($0, score($0)) }.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
        return Draft(id: id, candidates: Array(sorted.prefix(request.itemCountMax * 6)), bonus: bonus)
    }

    private func drafts(_ features: [[RankerFeature: Float]], _ scores: [Double]) -> [Draft] {
        let eligible = titles.indices.filter(isEligible)
        func nearness(_ title: Int, _ other: Int) -> Double? {
            let (close, alike) = (closeness(other, title), similarity(other, title))
            return close != 0 || alike >= 0.5 ? term(3 * close) + term(0.5 * alike) : nil
        }
        var drafts = [draft("top_picks", eligible, bonus: 0.1) { scores[$0] }]
        let listed = list.map(\.title)
        let trending = eligible.count < 3 ? titles.indices.filter { isShowable($0) && !listed.contains($0) } : eligible
        let place = request.region == .none ? "all" : request.region.text
        drafts.append(
            draft("trending:" + place, trending, bonus: 0.15) {
                term(1 * (features[$0][.trending] ?? 0) + 0.5 * (features[$0][.popularity] ?? 0))
            })
        drafts.append(draft("new", eligible.filter { (features[$0][.newness] ?? 0) > 0 }, bonus: -0.1) { scores[$0] })
        var becauseCount = 0
        for play in plays.prefix(10) where becauseCount < 2 && play.permille >= 500 && isShowable(play.title) {
            let near = eligible.filter { nearness($0, play.title) != nil }
            if near.count < 3 || opinions.contains(where: { $0.title == play.title && $0.pull < 0 }) { continue }
            becauseCount += 1
            drafts.append(
                draft("because:" + titles[play.title].id.description, near, bonus: 0.15 * play.weight) {
                    scores[$0] + (nearness($0, play.title) ?? 0)
                })
        }
        let liked = affinity
        let worth = (0..<256).map { viewer.isCold ? popularity(ofGenre: $0) : liked[$0] }
        let genres = (1..<256).filter { genre in worth[genre] > 0 && titles.count { $0.genres.contains(GenreID(UInt8(genre))) } >= 3 }
        for genre in genres.sorted(by: { worth[$0] != worth[$1] ? worth[$0] > worth[$1] : $0 < $1 }).prefix(4) {
            let own = eligible.filter { titles[$0].genres.contains(GenreID(UInt8(genre))) }
            drafts.append(draft("genre:" + genreNames[genre], own, bonus: 0) { scores[$0] })
        }
        for search in searches {
            guard let anchor = search.clicked else { continue }
            let found = eligible.filter { search.shares[$0] > 0 || nearness($0, anchor) != nil }
            if found.count < 3 { continue }
            drafts.append(
                draft("search:" + search.text, found, bonus: 0.4 * search.recency) {
                    scores[$0] + (nearness($0, anchor) ?? 0) + term(2 * search.shares[$0])
                })
            break
        }
        return drafts
    }

    private func popularity(ofGenre genre: Int) -> Float {
        let best = titles.indices.filter { titles[$0].genres.contains(GenreID(UInt8(genre))) }.map { standings.popularity[$0] }
            .sorted(by: >).prefix(5)
        return best.reduce(0, +) / Float(max(best.count, 1))
    }

    /// Maximal marginal relevance, step by step.
    private func diverse(_ candidates: [(title: Int, score: Double)]) -> [Int] {
        guard let first = candidates.first, let last = candidates.last else { return [] }
        let range = Float(first.score) - Float(last.score)
        var (left, picked): ([(title: Int, score: Double)], [Int]) = (candidates, [])
        while picked.count < request.itemCountMax && !left.isEmpty {
            let values = left.map { candidate -> Float in
                let genres = Set(titles[candidate.title].genres)
                if picked.isEmpty || genres.isEmpty { return Float(candidate.score) }
                let shared = genres.reduce(0) { sum, genre in sum + picked.count { titles[$0].genres.contains(genre) } }
                return Float(candidate.score) - settings.diversity * range * (Float(shared) / Float(genres.count * picked.count))
            }
            guard let best = values.max(), let place = values.firstIndex(of: best) else { break }
            picked.append(left.remove(at: place).title)
        }
        return picked
    }
}
