// hot path
import Catalog
import Features

/// Puts a page together: continue watching first, then step by step the row that is worth most with the titles still free, so that
/// no title stands on the page twice but in continue watching.
struct PageComposition {
    private static let worthItemCount = 5
    /// Items looked at for each one placed, where a row is diversified.
    private static let diversityPoolFactor = 3

    private struct Placed {
        var kind: RowDraft.Kind
        /// Among the page's items.
        var items: Range<Int>
    }

    private var context: ViewerContext
    private var placed: TitleSet
    private var evidence: Evidence
    private var rows: [Placed] = []
    /// Of all rows, side by side.
    private var items: [RankedItem] = []
    /// The page's range of scores, in which rows' worth is counted.
    private let lowest: Float
    private let span: Float

    init(_ context: consuming ViewerContext) {
        placed = TitleSet(titleCount: context.columns.count)
        evidence = Evidence(context)
        let range = ScoreRange(context)
        lowest = range.lowest
        span = max(range.highest - range.lowest, 0.001)
        self.context = context
    }

    mutating func page() -> HomePage {
        let (rowCountMax, itemCountMax, now) = (context.request.rowCountMax, context.request.itemCountMax, context.request.now)
        guard rowCountMax > 0 && itemCountMax > 0 else { return HomePage(rows: []) }
        let unfinished = PersonalItems.continueWatching(context.history, countMax: itemCountMax, now: now, &evidence.texts)
        items.reserveCapacity(min(rowCountMax, 12) * min(itemCountMax, 40))
        if !unfinished.isEmpty { add(.continueWatching, unfinished) }
        let rowDrafts = RowDrafts(context)
        var drafts = rowDrafts.discovery(&context)
        var moreGenres: [UInt8]?
        let listWorth = context.history.list.first.map { 0.6 + 0.7 * Float.decay(age: now - $0.at, halfLife: 3 * 86_400_000) }
        var isListPlaced = listWorth == nil
        while rows.count < rowCountMax {
            let next = worthiest(&drafts)
            if let listWorth, !isListPlaced, next == nil || listWorth > next!.worth {
                isListPlaced = true
                placeList(countMax: itemCountMax)
            } else if let next {
                let draft = drafts.remove(at: next.place)
                place(draft)
            } else {
                // Now that all others are placed, or too short.
                if moreGenres == nil { moreGenres = rowDrafts.moreGenres(than: rows.map(\.kind), context) }
                guard let genre = moreGenres?.popLast() else { break }
                var draft = rowDrafts.more(ofGenre: genre, context)
                if worth(&draft) != nil { place(draft) }
            }
        }
        return finished()
    }

    private mutating func placeList(countMax: Int) {
        let listed = PersonalItems.myList(context.history, countMax: countMax, now: context.request.now, &evidence.texts)
        for item in listed { placed.insert(Int(item.title)) }
        add(.myList, listed)
    }

    private mutating func add(_ kind: RowDraft.Kind, _ chosen: [RankedItem]) {
        rows.append(Placed(kind: kind, items: items.count..<items.count + chosen.count))
        items += chosen
    }

    /// The rows with their headings; all share one buffer of texts.
    private mutating func finished() -> HomePage {
        let headings = rows.map { RowHeading($0.kind, context, &evidence) }
        return HomePage(
            rows: zip(rows, headings).map { row, heading in
                Row(
                    id: heading.id, title: heading.title, reason: heading.reason,
                    list: RankedList(ranked: items[row.items], texts: evidence.texts))
            })
    }

    /// The draft with the greatest worth; nil where none has enough titles left.
    private func worthiest(_ drafts: inout [RowDraft]) -> (place: Int, worth: Float)? {
        var best: (place: Int, worth: Float)?
        for place in drafts.indices {
            guard let worth = worth(&drafts[place]), worth > best?.worth ?? -.infinity else { continue }
            best = (place, worth)
        }
        return best
    }

    /// Mean score of the first titles that are still free, within the page's range, and the bonus of the row's kind.
    private func worth(_ draft: inout RowDraft) -> Float? {
        var (free, sum, place) = (0, Float(0), draft.firstFree)
        while free < Self.worthItemCount {
            guard let candidate = draft.candidate(at: place, fetching: Self.worthItemCount - free, context) else { break }
            let title = Int(candidate.title)
            if placed.contains(title) {
                if free == 0 { draft.firstFree = place + 1 }
            } else {
                sum += (Points.score(context.points(title)) - lowest) / span
                free += 1
            }
            place += 1
        }
        return free < draft.itemCountMin ? nil : sum / Float(free) + draft.bonus
    }

    private mutating func place(_ draft: consuming RowDraft) {
        let count = context.request.itemCountMax
        let poolCount = count * Self.diversityPoolFactor
        var free: [RowDraft.Candidate] = []
        free.reserveCapacity(poolCount)
        var place = draft.firstFree
        while free.count < poolCount {
            guard let candidate = draft.candidate(at: place, fetching: poolCount - free.count, context) else { break }
            if !placed.contains(Int(candidate.title)) { free.append(candidate) }
            place += 1
        }
        let picked = Diversity.pick(count, of: free, columns: context.columns, diversity: context.settings.diversity)
        let first = items.count
        for candidate in picked {
            placed.insert(Int(candidate.title))
            items.append(RankedItem(Int(candidate.title), in: draft.kind, context, &evidence))
        }
        rows.append(Placed(kind: draft.kind, items: first..<items.count))
    }
}

/// The least and the greatest score of the titles that may be shown to the viewer.
private struct ScoreRange {
    var lowest = Float.infinity
    var highest = -Float.infinity

    init(_ context: borrowing ViewerContext) {
        var (least, greatest) = (Points.limit, -Points.limit)
        context.titles.forEach { entry in
            if entry.pointee.isShowable { (least, greatest) = (min(least, entry.pointee.points), max(greatest, entry.pointee.points)) }
        }
        let (standings, terms) = (context.standings, context.taste.points)
        standings.first.withUnsafeBufferPointer { tops in
            standings.least.withUnsafeBufferPointer { bottoms in
                for set in terms.indices where tops[set] != 0 {
                    let term = terms[set]
                    // Nearly all sets lie between those seen before.
                    if Points.points(ofKey: tops[set]) &+ term <= greatest && bottoms[set] &+ term >= least { continue }
                    let titles = standings.ordered[Int(standings.starts[set])..<Int(standings.starts[set + 1])]
                    // From either end to the first that counts, or that would change nothing.
                    let first = titles.first { Points.points(ofKey: $0) + term <= greatest || context.isCommon($0) }
                    if let first { greatest = max(greatest, Points.points(ofKey: first) + term) }
                    let last = titles.last { Points.points(ofKey: $0) + term >= least || context.isCommon($0) }
                    if let last { least = min(least, Points.points(ofKey: last) + term) }
                }
            }
        }
        if least <= greatest { (lowest, highest) = (Points.score(least), Points.score(greatest)) }
    }
}
