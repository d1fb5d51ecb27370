import TestSupport
import Testing

@testable import Home

/// Keys against pairs of numbers.
@Suite struct PointsTests {
    /// As large as 15 terms can be.
    private static let pointsMax: Int64 = 15 * 128 << 28

    private func entry(using random: inout SplitMix64) -> (points: Int64, title: Int32) {
        let points = [-Self.pointsMax, -1, 0, 1, Self.pointsMax, .random(in: -Self.pointsMax...Self.pointsMax, using: &random)]
        let titles = [0, 1, Int32(Points.titleCountMax) - 1, .random(in: 0..<Int32(Points.titleCountMax), using: &random)]
        return (points.randomElement(using: &random)!, titles.randomElement(using: &random)!)
    }

    @Test func keysTellPointsAndTitlesAndSortAsThese() {
        var random = SplitMix64(seed: 11)
        for _ in 0..<20_000 {
            let (a, b) = (entry(using: &random), entry(using: &random))
            let (key, other) = (Points.key(a.points, a.title), Points.key(b.points, b.title))
            #expect(Points.points(ofKey: key) == a.points && Points.title(ofKey: key) == a.title && !Points.isOfList(key))
            let isFirst = a.points != b.points ? a.points > b.points : a.title < b.title
            #expect((key > other) == isFirst && (key == other) == (a == b))
            let listed = Points.listKey(a.points, a.title)
            #expect(Points.points(ofKey: listed) == a.points && Points.title(ofKey: listed) == a.title && Points.isOfList(listed))
        }
    }

    /// The step from a title to the next of its list holds whatever is added to both.
    @Test func stepsLeadToTheNextWhateverIsAdded() {
        var random = SplitMix64(seed: 12)
        for _ in 0..<20_000 {
            let (from, to) = (entry(using: &random), entry(using: &random))
            let step = Points.listKey(to.points, to.title) &- Points.listKey(from.points, from.title)
            let roomBelow = Self.pointsMax + min(from.points, to.points)
            let roomAbove = Self.pointsMax - max(from.points, to.points)
            let added = Int64.random(in: -roomBelow...roomAbove, using: &random)
            let next = Points.key(Points.listKey(from.points, from.title), adding: added) &+ step
            #expect(next == Points.listKey(to.points + added, to.title))
        }
    }

    @Test func termsAreCountedToTheNearest() {
        #expect(ScoreTerm.allCases.count <= 15)
        let one: Int64 = 268_435_456
        // Halves go to the even one; ±128 is the most that a term can count.
        let cases: [(Float, Int64)] = [
            (1, one), (-1, -one), (0.5, one / 2), (128, 128 * one), (128.5, 128 * one), (-200, -128 * one), (0x1p-29, 0), (0x3p-29, 2),
            (-0x1p-29, 0), (-0x3p-29, -2), (0x1.8p-29, 1),
        ]
        for (value, points) in cases { #expect(Points.of(value) == points, "\(value)") }
        #expect(Points.score(Points.of(-3.25)) == -3.25)
    }
}
