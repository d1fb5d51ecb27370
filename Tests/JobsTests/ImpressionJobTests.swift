import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct ImpressionJobTests {
    private let base: Int64 = 1_760_000_000_000

    /// Rows, single titles and hovers against the raw list, in any order of arrival.
    @Test(arguments: 0..<20) func shownTitlesAreCountedWithTheirNewestTime(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        var run = Run<ImpressionState>()
        var sights: [(title: Int, at: Int64)] = []
        var hovers: [(title: Int, weight: Int64, at: Int64)] = []
        var expectedEffects: [[String]] = []
        for number in (0..<50 as Range<Int64>).shuffled(using: &random) {
            let at = base + number * 60_000
            let titles = (0..<Int.random(in: 1...9, using: &random)).map { _ in Int.random(in: 0..<30, using: &random) }
            switch number % 3 {
            case 0:
                var event = maker.event(.rowImpression, at: at, region: "EU")
                event.list = maker.list(titles.map { "t\($0)" })
                run.apply(event, maker)
                sights += titles.map { ($0, at) }
                expectedEffects.append(titles.map { "shown t\($0) EU \(at)" })
            case 1:
                run.apply(maker.event(.recommendationShown, at: at, title: "t\(titles[0])", region: "EU"), maker)
                sights.append((titles[0], at))
                expectedEffects.append(["shown t\(titles[0]) EU \(at)"])
            default:
                run.apply(maker.event(.titleHovered, at: at, title: "t\(titles[0])"), maker)
                hovers.append((titles[0], 50, at))
                expectedEffects.append([])
            }
        }
        #expect(run.effects == expectedEffects)
        var shown: [String: [Int64]] = [:]
        for sight in sights { shown["t\(sight.title)", default: []].append(sight.at) }
        #expect(run.state.shown.count == shown.count)
        for entry in run.state.shown {
            let times = shown[run.text(entry.title)] ?? []
            #expect(Int(entry.count) == times.count)
            #expect(entry.at == times.max())
        }
        #expect(run.state.shown.map(\.at) == run.state.shown.map(\.at).sorted())
        #expect(weekTaste(run.state.taste, at: base + 4_000_000) == expectedTaste(hovers, at: base + 4_000_000))
    }

    @Test func theArtworkOfATestIsForwarded() {
        var maker = EventMaker()
        var run = Run<ImpressionState>()
        for (title, artwork) in [("t1", "art-b"), ("t1", "other"), ("t2", "art-b"), ("t1", "")] {
            var event = maker.event(.recommendationShown, at: base, title: title)
            event.artwork = maker.slice(artwork)
            run.apply(event, maker)
        }
        let forwards = run.effects.map { $0.filter { $0.hasPrefix("impression") } }
        #expect(forwards == [["impression test b \(base)"], [], [], []])
    }

    @Test func aRowCountsAHundredTitlesAndIsRefusedWholeWithABadOne() {
        var maker = EventMaker()
        var run = Run<ImpressionState>()
        var long = maker.event(.rowImpression, at: base)
        long.list = maker.list((0..<250).map { "t\($0)" })
        var bad = maker.event(.rowImpression, at: base + 1)
        bad.list = maker.list(["t1", String(repeating: "x", count: 129)])
        run.apply(long, maker)
        let reason = run.apply(bad, maker)
        #expect(run.effects.map(\.count) == [100, 0])
        #expect(run.state.shown.count == ImpressionState.shownCountMax)
        #expect(reason == .badValue)
        #expect(run.state.asOf == base)
    }

    @Test func scrollingIsOnlyCounted() {
        var maker = EventMaker()
        var run = Run<ImpressionState>()
        run.apply(maker.event(.scrollPosition, at: base), maker)
        #expect(run.state.shown.isEmpty && run.effects == [[]])
        #expect(run.state.asOf == base)
    }

    @Test func sightsGoAfterFourteenDays() {
        var maker = EventMaker()
        var run = Run<ImpressionState>()
        run.apply(maker.event(.recommendationShown, at: base, title: "t1"), maker)
        run.state.expire(logTime: base + 14 * 86_400_000)
        #expect(run.state.shown.count == 1)
        run.state.expire(logTime: base + 14 * 86_400_000 + 1)
        #expect(run.state.shown.isEmpty)
    }

    @Test func brokenListsEndTheWalk() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<2000 {
            var maker = EventMaker()
            let noise = (0..<Int.random(in: 0...20, using: &random)).map { _ in UnicodeScalar(UInt8.random(in: 0...127, using: &random)) }
            var event = maker.event(.rowImpression, at: base)
            event.list = maker.slice(String(String.UnicodeScalarView(noise)))
            var run = Run<ImpressionState>()
            run.apply(event, maker)
            #expect(run.state.shown.count <= 20)
        }
    }
}
