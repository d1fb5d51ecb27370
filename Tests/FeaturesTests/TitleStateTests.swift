import Features
import TestSupport
import Testing

@Suite struct TitleStateTests {
    private let now: Int64 = 1_760_000_000_000

    @Test func regionsAreBoundedAndTheirSumStaysExact() {
        var random = SplitMix64(seed: 1)
        var names = NameTable()
        let title = names.intern("a")
        var state = TitleState()
        for count in 1...3000 {
            let region = RegionID("R\(Int.random(in: 0..<90, using: &random))")!
            state.apply(.played(title: title, region: region, at: now), logTime: now, names: names)
            #expect(state.plays.count <= TitleState.regionCountMax)
            #expect(state.plays.reduce(0) { $0 + $1.tiles.total } == Int64(count))
        }
        #expect(state.plays.reduce(0) { $0 + $1.tiles.count(window: .hour, at: now) } == 3000)
        #expect(state.impressions.isEmpty && state.errors.isEmpty)
    }

    @Test func eachEffectHasItsPart() {
        var names = NameTable()
        let title = names.intern("a")
        var state = TitleState()
        state.apply(.shown(title: title, region: .none, at: now), logTime: now, names: names)
        state.apply(.failed(title: title, region: .none, at: now), logTime: now, names: names)
        state.apply(.failed(title: title, region: .none, at: now), logTime: now, names: names)
        #expect(state.plays.isEmpty)
        #expect(state.impressions.map(\.tiles.total) == [1])
        #expect(state.errors.map(\.tiles.total) == [2])
    }

    @Test func strongSuccessorsStayWhateverTheNumbersOfTheirNames() {
        var names = NameTable()
        var reversed = NameTable()
        for number in (0..<200).reversed() { _ = reversed.intern("t\(number)") }
        var states = [TitleState(), TitleState()]
        var random = SplitMix64(seed: 2)
        for _ in 0..<4000 {
            // A few strong successors, and a long tail.
            let number = Bool.random(using: &random) ? Int.random(in: 0..<20, using: &random) : Int.random(in: 20..<200, using: &random)
            let at = now - Int64.random(in: 0...86_400_000, using: &random)
            let (first, second) = (names.intern("t\(number)"), reversed.intern("t\(number)"))
            states[0].apply(.followed(from: .none, to: first, weight: 500, at: at), logTime: now, names: names)
            states[1].apply(.followed(from: .none, to: second, weight: 500, at: at), logTime: now, names: reversed)
            #expect(states[0].successors.count <= TitleState.successorCountMax)
        }
        let kept = states[0].successors.map { names.text($0.title) }
        #expect(kept == states[1].successors.map { reversed.text($0.title) })
        for number in 0..<20 { #expect(kept.contains("t\(number)")) }
    }

    @Test func creditsAddUpPerArmAndAreBounded() {
        var names = NameTable()
        let test = names.intern("test")
        let variant = names.intern("b")
        var state = TitleState()
        for number in 0..<600 {
            let segment = names.intern("s\(number)")
            state.apply(
                .credited(title: .none, test: test, variant: variant, segment: segment, exposed: 1, won: number % 2 == 0 ? 1 : 0),
                logTime: now, names: names)
        }
        #expect(state.arms.count == TitleState.armCountMax + 1)
        #expect(state.arms.reduce(0) { $0 + $1.exposed } == 600)
        #expect(state.arms.reduce(0) { $0 + $1.won } == 300)
    }
}
