import Features
import Testing

/// The budget of DESIGN §7: at most 1.5 KB of Redis for an idle user, 6 KB while active; here the values, without Redis' own bytes.
@Suite struct StateSizeTests {
    /// An idle viewer: twelve titles played in the last months, nothing in the last days; recent ids and outbox have expired.
    @Test func anIdleViewerIsSmall() {
        var make = RandomState(seed: 1)
        var play = UserValue<PlayState>()
        play.applied = Position(generation: 0x1234_5678_9abc_def0, offset: 12_345_678)
        play.logTime = RandomState.now - 3 * 86_400_000
        play.state = Self.play(&make, titleCount: 12, activeDayCount: 0)
        let playBytes = encoded(play, make.names).count
        #expect(playBytes <= 700, "play value \(playBytes) B")

        var impression = UserValue<ImpressionState>()
        impression.state.shown = (0..<12).map {
            ShownTitle(title: make.names.intern("tt00\(12_345 + $0)"), count: 3, at: RandomState.now - Int64($0) * 3_600_000)
        }
        var feedback = UserValue<FeedbackState>()
        feedback.state.ratings = [Rating(title: make.names.intern("tt0012345"), tenths: 40, at: RandomState.now)]
        feedback.state.myList = (0..<3).map {
            Mark(title: make.names.intern("tt00\(12_350 + $0)"), isSet: true, at: RandomState.now)
        }
        let sum =
            playBytes + encoded(impression, make.names).count + encoded(feedback, make.names).count
            + encoded(UserValue<SearchState>(), make.names).count + encoded(UserValue<ExperimentState>(), make.names).count
        #expect(sum <= 1500, "all topics \(sum) B")
    }

    /// An event's titles shown cost an outbox their names and a byte each.
    @Test func titlesShownTogetherShareWhatTheyHaveInCommon() {
        var names = NameTable()
        var value = UserValue<ImpressionState>()
        value.applied = Position(generation: 1, offset: 12_345_678)
        value.logTime = RandomState.now
        let without = encoded(value, names).count
        value.outbox = (0..<20).map {
            let shown = Effect.shown(title: names.intern("tt00\(12_345 + $0)"), region: RegionID("EU")!, at: RandomState.now - 900)
            return OutboxEntry(offset: 12_345_678, appendTime: RandomState.now, effect: shown)
        }
        // Offset, append time, tag, region, time and count take nine bytes.
        #expect(encoded(value, names).count - without == 20 * 10 + 9)
    }

    /// An active viewer: 150 titles in all, plays and impressions on each of the last seven days, 128 recent ids of plays.
    @Test func anActiveViewerIsBounded() {
        var make = RandomState(seed: 2)
        var play = UserValue<PlayState>()
        play.applied = Position(generation: 0x1234_5678_9abc_def0, offset: 12_345_678)
        play.logTime = RandomState.now
        play.state = Self.play(&make, titleCount: 150, activeDayCount: 7)
        for back in (0..<60).reversed() {
            play.recentIDs.keep(
                make.random.next(), offset: 12_345_678 - Int64(back) * 900, appendTime: RandomState.now - Int64(back) * 400_000)
        }
        let playBytes = encoded(play, make.names).count

        var impression = UserValue<ImpressionState>()
        impression.logTime = RandomState.now
        impression.state.shown = (0..<40).map {
            ShownTitle(title: make.names.intern("tt00\(12_345 + $0)"), count: 3, at: RandomState.now - Int64($0) * 600_000)
        }
        for back in (0..<60).reversed() {
            impression.recentIDs.keep(
                make.random.next(), offset: -1 - Int64(back) * 900, appendTime: RandomState.now - Int64(back) * 400_000)
        }
        let impressionBytes = encoded(impression, make.names).count
        #expect(playBytes + impressionBytes <= 6000, "play \(playBytes) B, impressions \(impressionBytes) B")
    }

    private static func play(_ make: inout RandomState, titleCount: Int, activeDayCount: Int64) -> PlayState {
        var state = PlayState()
        state.asOf = RandomState.now - 3_600_000
        let titles = (0..<titleCount).map { make.names.intern("tt00\(12_345 + $0 * 7)") }
        state.played = titles
        for (place, title) in titles.suffix(50).enumerated() {
            let back = Int64(50 - place) * 7_200_000
            let at = RandomState.now - (activeDayCount == 0 ? 10 * 86_400_000 : 0) - back
            state.recentPlays.append(
                RecentPlay(
                    title: title, at: at, watchedMilliseconds: 5_123_456, fractionPermille: 912, endedAt: at + 5_500_123))
            for genre in 0..<UInt8(3) {
                state.taste.add(genre: GenreID(1 + (genre * 5 + UInt8(place % 4)) % 14), weight: 333, at: at)
            }
        }
        for title in titles.suffix(activeDayCount == 0 ? 4 : 15) {
            state.positions.append(
                ContinuePosition(
                    title: title, positionMilliseconds: 1_234_567, durationMilliseconds: 5_400_000, at: state.asOf - 9_000_000))
        }
        state.taste.expire(logTime: RandomState.now)
        return state
    }
}
