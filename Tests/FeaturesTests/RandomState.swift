import Features
import TestSupport

/// Makes states of any size that the bounds allow, from a seed.
struct RandomState {
    var random: SplitMix64
    var names = NameTable()
    static let now: Int64 = 1_760_000_000_000

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
    mutating func flag() -> Bool { Bool.random(using: &random) }
    mutating func time() -> Int64 { RandomState.now - number(0...40 * 86_400_000) }

    /// One of many texts: empty, ASCII and others, of up to 40 bytes.
    mutating func name() -> Name {
        let stems = ["", "tt", "título-", "映画", "session/"]
        return names.intern(stems[Int(number(0...4))] + (flag() ? "" : String(number(0...2000))))
    }

    mutating func region() -> RegionID { RegionID(["", "SEA", "US-CA", "EU", "LONGCODE"][Int(number(0...4))]) ?? .none }

    mutating func list<Element>(_ countMax: Int, _ make: (inout RandomState) -> Element) -> [Element] {
        (0..<number(0...Int64(countMax))).map { _ in make(&self) }
    }

    mutating func taste() -> TasteWindows {
        var taste = TasteWindows()
        for _ in 0..<number(0...30) {
            taste.add(genre: GenreID(UInt8(number(1...254))), weight: number(-1000...1000), at: time())
        }
        return taste
    }

    mutating func tiles() -> CountTiles {
        var tiles = CountTiles()
        for _ in 0..<number(0...20) { tiles.add(count: number(1...5), at: time()) }
        return tiles
    }

    mutating func decayed() -> DecayedSum {
        var sum = DecayedSum()
        for _ in 0..<number(0...5) { sum.add(number(-1000...1000), at: time(), halfLife: DecayedSum.coPlayHalfLife) }
        return sum
    }

    mutating func play() -> PlayState {
        var state = PlayState()
        state.asOf = time()
        state.taste = taste()
        state.played = list(60) { $0.name() }
        let played = state.played
        state.recentPlays = list(50) {
            let title = $0.flag() || played.isEmpty ? $0.name() : played[Int($0.number(0...Int64(played.count - 1)))]
            let at = $0.time()
            return RecentPlay(
                title: title, at: at, watchedMilliseconds: $0.number(0...9_000_000), fractionPermille: Int32($0.number(0...1000)),
                endedAt: $0.flag() ? 0 : at + $0.number(0...9_000_000))
        }
        state.positions = list(20) {
            ContinuePosition(
                title: $0.name(), positionMilliseconds: $0.number(0...9_000_000), durationMilliseconds: $0.number(0...9_000_000),
                at: $0.time())
        }
        state.openPlays = list(8) {
            OpenPlay(title: $0.name(), session: $0.name(), startedAt: $0.time(), qualified: $0.flag(), isStopped: $0.flag())
        }
        return state
    }

    mutating func search() -> SearchState {
        var state = SearchState()
        state.asOf = time()
        state.taste = taste()
        state.searches = list(10) { RecentSearch(query: $0.name(), clicked: $0.name(), at: $0.time()) }
        return state
    }

    mutating func impression() -> ImpressionState {
        var state = ImpressionState()
        state.asOf = time()
        state.taste = taste()
        state.shown = list(40) { ShownTitle(title: $0.name(), count: Int32($0.number(1...900)), at: $0.time()) }
        return state
    }

    mutating func feedback() -> FeedbackState {
        var state = FeedbackState()
        state.asOf = time()
        state.taste = taste()
        state.ratings = list(50) { Rating(title: $0.name(), tenths: Int32($0.number(5...50)), at: $0.time()) }
        state.hidden = list(50) { $0.mark() }
        state.myList = list(50) { $0.mark() }
        state.continueWatchingRemoved = list(50) { $0.mark() }
        return state
    }

    mutating func mark() -> Mark { Mark(title: name(), isSet: flag(), at: time()) }

    mutating func quality() -> QualityState {
        var state = QualityState()
        state.asOf = time()
        state.sessions = list(4) { make in
            var session = PlaybackSession(session: make.name(), title: make.name())
            session.at = make.time()
            session.sampleCount = Int32(make.number(0...5000))
            session.stallCount = Int32(make.number(0...50))
            session.stalledMilliseconds = make.number(0...500_000)
            session.droppedFrames = make.number(0...500_000)
            session.bufferMilliseconds = make.number(0...60_000)
            session.bitrateKbps = make.number(0...20_000)
            session.fastThroughput = make.number(0...20_000_000)
            session.slowThroughput = make.number(0...20_000_000)
            session.variance = make.number(0...20_000_000_000)
            session.ladderKbps = make.list(12) { Int32($0.number(100...20_000)) }
            session.signalledRung = Int32(make.number(-1...9))
            session.signalledAt = make.flag() ? 0 : make.time()
            return session
        }
        return state
    }

    mutating func error() -> ErrorState {
        var state = ErrorState()
        state.asOf = time()
        state.errors = list(10) { RecentError(code: $0.name(), title: $0.name(), isFatal: $0.flag(), at: $0.time()) }
        return state
    }

    mutating func experiment() -> ExperimentState {
        var state = ExperimentState()
        state.asOf = time()
        state.assignments = list(64) {
            Assignment(
                test: $0.name(), variant: $0.name(), segment: $0.name(), propensityPermille: Int32($0.number(0...1000)), at: $0.time())
        }
        return state
    }

    mutating func attribution() -> AttributionState {
        var state = AttributionState()
        state.asOf = time()
        state.tests = list(10) { make in
            var evidence = TestEvidence(test: make.name())
            evidence.variant = make.name()
            evidence.segment = make.name()
            evidence.impressions = make.list(16) { VariantImpression(variant: $0.name(), at: $0.time()) }
            evidence.plays = make.list(16) { $0.time() }
            evidence.counted.variant = make.name()
            evidence.counted.segment = make.name()
            evidence.counted.exposed = make.flag()
            evidence.counted.won = make.flag()
            return evidence
        }
        if flag() {
            state.erasedUpTo = SourceOffsets(impression: number(-1...Int64.max), play: number(-1...40), experiment: number(-1...40_000))
        }
        return state
    }

    mutating func effect() -> Effect {
        switch number(0...8) {
        case 0: .played(title: name(), region: region(), at: time())
        case 1: .shown(title: name(), region: region(), at: time())
        case 2: .failed(title: name(), region: region(), at: time())
        case 3: .followed(from: name(), to: name(), weight: number(1...1000), at: time())
        case 4:
            .credited(
                title: name(), test: name(), variant: name(), segment: name(), exposed: number(-1...1), won: number(-1...1))
        case 5: .forward(.impression(test: name(), variant: name(), at: time()))
        case 6: .forward(.play(test: name(), at: time()))
        case 7: .forward(.assignment(test: name(), variant: name(), segment: name(), at: time()))
        default:
            .signal(
                session: name(), rung: Int32(number(-1...9)), bitrateKbps: number(0...9000), emptiesInMilliseconds: number(0...9000),
                reason: UInt8(number(0...2)), at: time())
        }
    }

    /// What one event leaves in an outbox: one effect, or the titles that it shows with something else among them at times.
    private mutating func entries(before offset: Int64) -> [OutboxEntry] {
        let (effects, region, at) = (flag() ? [effect()] : [], region(), time())
        let shown: [Effect] = flag() ? list(20) { .shown(title: $0.name(), region: region, at: at) } : []
        let others = list(2) { $0.effect() }
        let entry = OutboxEntry(offset: offset &- number(0...3), appendTime: time(), effect: .played(title: name(), region: region, at: at))
        return (effects + shown + others).map { effect in
            var entry = entry
            entry.effect = effect
            return entry
        }
    }

    mutating func value<State: TopicState>(_ state: State) -> UserValue<State> {
        var value = UserValue<State>()
        value.applied = Position(generation: random.next(), offset: number(-1...Int64.max))
        value.logTime = time()
        value.isErased = flag()
        let offset = value.applied.offset
        for _ in 0..<number(0...140) {
            value.recentIDs.keep(random.next(), offset: offset &- number(0...1000), appendTime: time())
        }
        value.outbox = list(20) { $0.entries(before: offset) }.flatMap { $0 }
        value.state = state
        return value
    }

    mutating func title() -> TitleValue {
        var value = TitleValue()
        value.applied = Position(generation: random.next(), offset: number(-1...Int64.max))
        value.state.plays = list(5) { $0.regionTiles() }
        value.state.impressions = list(5) { $0.regionTiles() }
        value.state.errors = list(5) { $0.regionTiles() }
        value.state.successors = list(64) {
            Successor(title: $0.name(), total: $0.number(0...100_000), recent: $0.decayed())
        }
        value.state.arms = list(20) {
            ArmCount(
                test: $0.name(), variant: $0.name(), segment: $0.name(), exposed: $0.number(-5...5000), won: $0.number(-5...5000))
        }
        return value
    }

    mutating func regionTiles() -> RegionTiles {
        var entry = RegionTiles(region: region())
        entry.tiles = tiles()
        return entry
    }
}
