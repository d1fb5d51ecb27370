import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct FeedbackJobTests {
    private let base: Int64 = 1_760_000_000_000

    private struct Given {
        var type: EventType
        var title: Int
        var rating: Double
        var at: Int64
    }

    /// In any order of arrival the newest of each title stands, and taste is the sum of what stands.
    @Test(arguments: 0..<30) func theNewestDecides(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        var run = Run<FeedbackState>()
        let types: [EventType] = [.titleRated, .titleHidden, .myListAdded, .myListRemoved, .continueWatchingRemoved]
        let given = (0..<80).map { number in
            Given(
                type: types.randomElement(using: &random)!, title: Int.random(in: 0..<10, using: &random),
                rating: Double(Int.random(in: 1...10, using: &random)) / 2, at: base + Int64(number) * 1_000_000)
        }
        for one in given.shuffled(using: &random) {
            var event = maker.event(one.type, at: one.at, title: "t\(one.title)")
            event.value = one.rating
            run.apply(event, maker)
        }
        let ratings = standing(given, [.titleRated])
        let rated = run.state.ratings.map { "\(run.text($0.title)) \($0.tenths) \($0.at)" }
        #expect(rated == ratings.map { "t\($0.title) \(Int($0.rating * 10)) \($0.at)" })
        let list = standing(given, [.myListAdded, .myListRemoved])
        #expect(spell(run.state.myList, run) == list.map { "t\($0.title) \($0.type == .myListAdded) \($0.at)" })
        #expect(spell(run.state.hidden, run) == standing(given, [.titleHidden]).map { "t\($0.title) true \($0.at)" })
        let removed = standing(given, [.continueWatchingRemoved])
        #expect(spell(run.state.continueWatchingRemoved, run) == removed.map { "t\($0.title) true \($0.at)" })
        let signals =
            ratings.map { ($0.title, 800 * Int64($0.rating * 10 - 30) / 20, $0.at) }
            + list.filter { $0.type == .myListAdded }.map { ($0.title, 400, $0.at) }
        let now = base + 80_000_000
        #expect(weekTaste(run.state.taste, at: now) == expectedTaste(signals, at: now))
    }

    @Test func aRatingOutOfRangeIsRefused() {
        var maker = EventMaker()
        var run = Run<FeedbackState>()
        for value in [0.4, 5.1, -1, .nan, .infinity] {
            var event = maker.event(.titleRated, at: base, title: "t1")
            event.value = value
            let reason = run.apply(event, maker)
            #expect(reason == .badValue)
        }
        #expect(run.state == FeedbackState())
    }

    @Test func twoHundredEntriesStay() {
        var maker = EventMaker()
        var run = Run<FeedbackState>()
        for number in 0..<300 as Range<Int64> {
            run.apply(maker.event(.titleHidden, at: base + number, title: "x\(number)"), maker)
        }
        #expect(run.state.hidden.map { run.text($0.title) } == (100..<300).map { "x\($0)" })
    }

    /// The newest of each title, oldest first.
    private func standing(_ given: [Given], _ types: Set<EventType>) -> [Given] {
        var newest: [Int: Given] = [:]
        for one in given where types.contains(one.type) { newest[one.title] = one }
        return newest.values.sorted { $0.at < $1.at }
    }

    private func spell(_ marks: [Mark], _ run: borrowing Run<FeedbackState>) -> [String] {
        var texts: [String] = []
        for mark in marks { texts.append("\(run.text(mark.title)) \(mark.isSet) \(mark.at)") }
        return texts
    }
}
