import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct SearchJobTests {
    private let base: Int64 = 1_760_000_000_000

    private struct Search {
        var query: String
        var title: Int?
        var at: Int64
    }

    /// In time order, and with events that come late.
    @Test(arguments: 0..<20) func searchesAreTheNewestQueriesWithTheirClicks(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        var run = Run<SearchState>()
        var history: [Search] = []
        for number in 0..<60 as Range<Int64> {
            let late = seed % 2 == 0 ? Int64.random(in: 0...40, using: &random) : 0
            let search = Search(
                query: "query \(Int.random(in: 0..<8, using: &random))",
                title: Bool.random(using: &random) ? Int.random(in: 0..<40, using: &random) : nil, at: base + (number - late) * 1_001)
            var event = maker.event(
                search.title == nil ? .searchQuery : .searchResultClick, at: search.at, title: search.title.map { "t\($0)" } ?? "")
            event.text = maker.slice(search.query)
            run.apply(event, maker)
            history.append(search)
        }
        let found = Dictionary(uniqueKeysWithValues: run.state.searches.map { (run.text($0.query), $0.at) })
        var newest: [String: Int64] = [:]
        for search in history { newest[search.query] = max(newest[search.query] ?? 0, search.at) }
        #expect(found == newest)
        #expect(run.state.searches.map(\.at) == run.state.searches.map(\.at).sorted())
        if seed % 2 == 1 {
            for search in run.state.searches {
                let click = history.last { $0.query == run.text(search.query) && $0.title != nil }
                #expect(run.text(search.clicked) == click?.title.map { "t\($0)" } ?? "")
            }
        }
        let signals = history.compactMap { search in search.title.map { ($0, Int64(300), search.at) } }
        #expect(weekTaste(run.state.taste, at: base + 100_000) == expectedTaste(signals, at: base + 100_000))
    }

    @Test func tenQueriesStay() {
        var maker = EventMaker()
        var run = Run<SearchState>()
        for number in 0..<30 as Range<Int64> {
            var event = maker.event(.searchQuery, at: base + number)
            event.text = maker.slice("q\(number)")
            run.apply(event, maker)
        }
        #expect(run.state.searches.map { run.text($0.query) } == (20..<30).map { "q\($0)" })
    }

    @Test func aLongQueryIsCutBetweenCharacters() {
        var maker = EventMaker()
        var run = Run<SearchState>()
        var event = maker.event(.searchQuery, at: base)
        event.text = maker.slice("x" + String(repeating: "映", count: 100))
        run.apply(event, maker)
        #expect(run.state.searches.map { run.text($0.query) } == ["x" + String(repeating: "映", count: 42)])
    }

    @Test func aSearchForNothingOnlyCounts() {
        var maker = EventMaker()
        var run = Run<SearchState>()
        run.apply(maker.event(.searchQuery, at: base), maker)
        #expect(run.state.searches.isEmpty)
        #expect(run.state.asOf == base)
    }
}
