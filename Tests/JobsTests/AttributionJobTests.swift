import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct AttributionJobTests {
    private let base: Int64 = 1_760_000_000_000

    private struct Evidence {
        var type: EventType
        var variant: String
        var at: Int64
    }

    /// What was credited in sum is what a recomputation from everything that came says, whatever the order.
    @Test(arguments: 0..<60) func creditsAddUpToTheEvidence(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var maker = EventMaker()
        var run = Run<AttributionState>()
        var arrived: [Evidence] = []
        for _ in 0..<12 {
            let type = [EventType.attributionImpression, .attributionImpression, .attributionPlay, .attributionAssignment]
                .randomElement(using: &random)!
            let one = Evidence(
                type: type, variant: ["a", "b"].randomElement(using: &random)!,
                at: base + Int64.random(in: 0...5, using: &random) * 900_000)
            arrived.append(one)
            run.apply(event(one, &maker), maker)
            #expect(credits(run.effects) == expected(arrived))
        }
    }

    @Test func aWinIsAPlayWithinTheWindowAfterTheImpression() {
        for (playAt, isWon) in [(0, true), (1_800_000, true), (1_800_001, false), (-1, false)] as [(Int64, Bool)] {
            var maker = EventMaker()
            var run = Run<AttributionState>()
            run.apply(event(Evidence(type: .attributionAssignment, variant: "a", at: base), &maker), maker)
            run.apply(event(Evidence(type: .attributionPlay, variant: "", at: base + playAt), &maker), maker)
            run.apply(event(Evidence(type: .attributionImpression, variant: "a", at: base), &maker), maker)
            #expect(run.effects.last == ["credited t1 test a seg 1 \(isWon ? 1 : 0)"])
        }
    }

    @Test func anAssignmentThatComesLateMovesTheCredit() {
        var maker = EventMaker()
        var run = Run<AttributionState>()
        run.apply(event(Evidence(type: .attributionImpression, variant: "b", at: base), &maker), maker)
        run.apply(event(Evidence(type: .attributionImpression, variant: "a", at: base + 1), &maker), maker)
        run.apply(event(Evidence(type: .attributionAssignment, variant: "a", at: base - 1), &maker), maker)
        #expect(
            run.effects == [
                ["credited t1 test b  1 0"], [], ["credited t1 test b  -1 0", "credited t1 test a seg 1 0"],
            ])
    }

    @Test func creditOutlivesTheEvidence() {
        var maker = EventMaker()
        var run = Run<AttributionState>()
        run.apply(event(Evidence(type: .attributionImpression, variant: "a", at: base), &maker), maker)
        run.state.expire(logTime: base + 8 * 86_400_000)
        #expect(run.state.tests.map(\.impressions.count) == [0])
        run.apply(event(Evidence(type: .attributionImpression, variant: "a", at: base + 8 * 86_400_000), &maker), maker)
        #expect(run.effects == [["credited t1 test a  1 0"], []])
    }

    @Test func anUnknownTestGivesNoCreditAndIsForgotten() {
        var maker = EventMaker()
        var run = Run<AttributionState>(settings: JobSettings())
        run.apply(event(Evidence(type: .attributionImpression, variant: "a", at: base), &maker), maker)
        #expect(run.effects == [[]])
        run.state.expire(logTime: base + 8 * 86_400_000)
        #expect(run.state.tests.isEmpty)
    }

    private func event(_ evidence: Evidence, _ maker: inout EventMaker) -> Event {
        var event = maker.event(evidence.type, at: evidence.at)
        event.text = maker.slice("test")
        if evidence.type != .attributionPlay { event.detail = maker.slice(evidence.variant) }
        if evidence.type == .attributionAssignment { event.segment = maker.slice("seg") }
        return event
    }

    private struct Arm: Hashable {
        var variant: String
        var segment: String
    }

    /// Exposed and won by arm, those of 0 left out.
    private func credits(_ effects: [[String]]) -> [Arm: [Int]] {
        var sums: [Arm: [Int]] = [:]
        for effect in effects.joined() {
            let words = effect.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            let arm = Arm(variant: words[3], segment: words[4])
            let sum = sums[arm] ?? [0, 0]
            sums[arm] = [sum[0] + Int(words[5])!, sum[1] + Int(words[6])!]
        }
        return sums.filter { $0.value != [0, 0] }
    }

    private func expected(_ arrived: [Evidence]) -> [Arm: [Int]] {
        let assignment = arrived.first { $0.type == .attributionAssignment }
        let impressions = arrived.filter { $0.type == .attributionImpression }
        guard let variant = assignment?.variant ?? impressions.first?.variant else { return [:] }
        let sights = impressions.filter { $0.variant == variant }
        if sights.isEmpty { return [:] }
        let hasWon = arrived.contains { play in
            play.type == .attributionPlay && sights.contains { (0...1_800_000).contains(play.at - $0.at) }
        }
        return [Arm(variant: variant, segment: assignment == nil ? "" : "seg"): [1, hasWon ? 1 : 0]]
    }
}
