import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct PlayJobTests {
    private let base: Int64 = 1_760_000_000_000

    /// One play as a viewer lived it.
    private struct Play {
        var title: Int
        var session: String
        var startedAt: Int64
        var stoppedAt: Int64
        var watched: Int64
        /// Greatest position told.
        var position: Int64
    }

    private func plays(_ random: inout SplitMix64, count: Int) -> [Play] {
        var at = base
        return (0..<count).map { number in
            at += Int64.random(in: 100_000_000...200_000_000, using: &random) / Int64(count)
            let watched = Int64.random(in: 1000...7_000_000, using: &random) / Int64(count)
            let position = Int64.random(in: 1000...7_200_000, using: &random)
            defer { at += watched + 60_000 }
            return Play(
                title: Int.random(in: 0..<15, using: &random), session: "s\(number)", startedAt: at, stoppedAt: at + watched + 1000,
                watched: watched, position: position)
        }
    }

    private func events(of play: Play, _ maker: inout EventMaker) -> [Event] {
        var start = maker.event(.playStart, at: play.startedAt, title: "t\(play.title)", session: play.session, region: "SEA")
        start.positionMilliseconds = 0
        var pause = maker.event(.playPause, at: play.startedAt + play.watched / 2, title: "t\(play.title)", session: play.session)
        pause.positionMilliseconds = play.position / 2
        pause.watchedMilliseconds = play.watched / 2
        var stop = maker.event(.playStop, at: play.stoppedAt, title: "t\(play.title)", session: play.session)
        stop.positionMilliseconds = play.position
        stop.watchedMilliseconds = play.watched
        return [start, pause, stop]
    }

    /// In any order of arrival the lists are what the viewer's plays say.
    @Test(arguments: 0..<30) func arrivalOrderDoesNotMatter(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        let plays = plays(&random, count: Int.random(in: 1...8, using: &random))
        var arrivals = plays.flatMap { events(of: $0, &maker) }
        if seed % 3 != 0 { arrivals.shuffle(using: &random) }
        var run = Run<PlayState>()
        run.apply(arrivals, maker)

        let recent = run.state.recentPlays.map { "\(run.text($0.title)) \($0.at) \($0.watchedMilliseconds) \($0.fractionPermille)" }
        #expect(
            recent == plays.map { "t\($0.title) \($0.startedAt) \($0.watched) \($0.position * 1000 / 7_200_000)" })
        #expect(run.state.openPlays.isEmpty)
        #expect(run.state.asOf == plays.map(\.stoppedAt).max())
        #expect(Set(run.state.played.map { run.text($0) }) == Set(plays.map { "t\($0.title)" }))
        let positions = run.state.positions.map { "\(run.text($0.title)) \($0.positionMilliseconds) \($0.at)" }
        #expect(positions == expectedPositions(plays))
        let signals = plays.map { play in
            let permille = play.position * 1000 / 7_200_000
            return (play.title, permille >= 900 ? Int64(1000) : permille < 100 ? -200 : 500, play.stoppedAt)
        }
        let now = base + 4 * 86_400_000
        #expect(weekTaste(run.state.taste, at: now) == expectedTaste(signals, at: now))
        let played = run.effects.joined().filter { $0.hasPrefix("played") }.sorted()
        #expect(played == plays.map { "played t\($0.title) SEA \($0.startedAt)" }.sorted())
    }

    /// The newest position of each title that was not completed since.
    private func expectedPositions(_ plays: [Play]) -> [String] {
        var newest: [Int: Play] = [:]
        for play in plays { newest[play.title] = play }
        return newest.values.filter { $0.position * 1000 / 7_200_000 < 900 }.sorted { $0.stoppedAt < $1.stoppedAt }
            .map { "t\($0.title) \($0.position) \($0.stoppedAt)" }
    }

    /// Against a recomputation from all plays that came before.
    @Test(arguments: 0..<10) func coPlaysLinkTheLastDistinctTitles(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        var run = Run<PlayState>()
        var history: [(title: Int, at: Int64)] = []
        for number in 0..<40 {
            let title = Int.random(in: 0..<12, using: &random)
            // Some come late.
            let at = base + Int64(number) * 600_000 - (number % 7 == 6 ? 3_300_000 : 0)
            run.apply(maker.event(.playStart, at: at, title: "t\(title)", session: "s\(number)"), maker)
            var expected: [String] = []
            let before = history.filter { $0.at <= at }.sorted { $0.at > $1.at }
            if before.first?.title != title {
                var distinct: [Int] = []
                for play in before where play.title != title && !distinct.contains(play.title) { distinct.append(play.title) }
                expected = distinct.prefix(8).enumerated().map { "followed t\($1) t\(title) \(1000 / ($0 + 1)) \(at)" }
            }
            #expect(run.effects.last?.filter { $0.hasPrefix("followed") } == expected)
            history.append((title, at))
        }
    }

    @Test func aQualifiedPlayOfATestedTitleIsForwardedOnceWithItsStart() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        let start = maker.event(.playStart, at: base, title: "t1", session: "s")
        var early = maker.event(.playPause, at: base + 60_000, title: "t1", session: "s")
        early.watchedMilliseconds = 60_000
        var pause = maker.event(.playPause, at: base + 130_000, title: "t1", session: "s")
        pause.watchedMilliseconds = 120_000
        var stop = maker.event(.playStop, at: base + 500_000, title: "t1", session: "s")
        stop.watchedMilliseconds = 480_000
        run.apply([start, early, pause, stop], maker)
        #expect(run.effects == [["played t1  \(base)"], [], ["play test \(base)"], []])
    }

    @Test func aStopWithoutItsStartIsForwardedOnceAndTheLateStartOnlyCounts() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        var stop = maker.event(.playStop, at: base + 500_000, title: "t1", session: "s")
        stop.watchedMilliseconds = 480_000
        stop.positionMilliseconds = 480_000
        let start = maker.event(.playStart, at: base, title: "t1", session: "s")
        run.apply([stop, start], maker)
        #expect(run.effects == [["play test \(base + 20_000)"], ["played t1  \(base)"]])
        #expect(run.state.recentPlays.map(\.at) == [base])
        #expect(run.state.openPlays.isEmpty)
    }

    @Test func thePlayOfAnotherTitleOrAShortOneIsNotForwarded() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        for (title, watched) in [("t2", 500_000), ("t1", 119_999)] as [(String, Int64)] {
            var stop = maker.event(.playStop, at: base + 500_000, title: title, session: "s\(title)")
            stop.watchedMilliseconds = watched
            run.apply(stop, maker)
        }
        #expect(run.effects == [[], []])
    }

    @Test func aSeekMovesThePosition() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        var seek = maker.event(.seek, at: base, title: "t3", session: "s")
        seek.positionMilliseconds = 1000
        seek.number = 90_000
        run.apply(seek, maker)
        #expect(run.state.positions.map(\.positionMilliseconds) == [90_000])
        #expect(run.state.positions.map(\.durationMilliseconds) == [7_200_000])
    }

    @Test func everyListIsBounded() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        for number in 0..<4200 as Range<Int64> {
            var start = maker.event(.playStart, at: base + number * 1000, title: "unknown-\(number)", session: "s\(number)")
            start.positionMilliseconds = 5
            run.apply(start, maker)
        }
        #expect(run.state.recentPlays.count == PlayState.recentPlayCountMax)
        #expect(run.state.positions.count == PlayState.continuePositionCountMax)
        #expect(run.state.played.count == PlayState.playedTitleCountMax)
        #expect(run.state.openPlays.count == PlayState.openPlayCountMax)
        #expect(run.state.recentPlays.last.map { run.text($0.title) } == "unknown-4199")
        run.state.expire(logTime: base + 14 * 3_600_000)
        #expect(run.state.openPlays.isEmpty)
    }

    @Test func badIDsAreRefusedAndChangeNothing() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        let reasons = [
            run.apply(maker.event(.playStart, at: base, title: "", session: "s"), maker),
            run.apply(maker.event(.playStart, at: base, title: String(repeating: "x", count: 129), session: "s"), maker),
            run.apply(maker.event(.searchQuery, at: base, title: "t1", session: "s"), maker),
        ]
        #expect(reasons == [.badValue, .badValue, .wrongTopic])
        #expect(run.state == PlayState())
        #expect(run.effects == [[], [], []])
    }

    @Test func absurdNumbersDoNotTrap() {
        var maker = EventMaker()
        var run = Run<PlayState>()
        for value in [Int64.min, Int64.min + 1, -1, Int64.max] {
            for type in [EventType.playStart, .playPause, .seek, .playStop] {
                var event = maker.event(type, at: base, title: "t1", session: "s")
                event.positionMilliseconds = value
                event.watchedMilliseconds = value
                event.durationMilliseconds = value
                event.number = value
                run.apply(event, maker)
            }
        }
        #expect(run.state.recentPlays.allSatisfy { (0...1000).contains($0.fractionPermille) })
    }
}
