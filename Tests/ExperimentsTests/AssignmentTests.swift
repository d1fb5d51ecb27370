import Features
import Testing

@testable import Experiments

/// Vectors: the sections `hash` (version 2) and `getBucketRange` of `packages/sdk-js/test/cases.json` of growthbook/growthbook,
/// specVersion 0.5.4 (MIT licence).
@Suite struct AssignmentTests {
    @Test func bucketsReproduceGrowthBooksVectors() {
        let vectors = [
            ("seed", "a", 0.0505), ("seed", "b", 0.2696), ("foo", "ab", 0.2575), ("foo", "def", 0.2019),
            ("89123klj", "8952klfjas09ujkasdf", 0.124), ("90850943850283058242805", "123", 0.7516),
            ("()**(%$##$%#$#", "___)((*\":&", 0.0128),
        ]
        for (seed, value, expected) in vectors { #expect(ViewerBucket.position(seed: seed, value: value) == expected) }
    }

    @Test func rangesReproduceGrowthBooksVectors() {
        let half = [0.5, 0.5]
        let quarter = [0.25, 0.25, 0.25, 0.25]
        let vectors: [(count: Int, coverage: Double, weights: [Double], expected: [[Double]])] = [
            (2, 1, half, [[0, 0.5], [0.5, 1]]), (2, 0.5, half, [[0, 0.25], [0.5, 0.75]]), (2, 0, half, [[0, 0], [0.5, 0.5]]),
            (4, 1, quarter, [[0, 0.25], [0.25, 0.5], [0.5, 0.75], [0.75, 1]]), (2, 1, [0.4, 0.6], [[0, 0.4], [0.4, 1]]),
            (3, 1, [0.2, 0.3, 0.5], [[0, 0.2], [0.2, 0.5], [0.5, 1]]), (3, 0.2, [0.2, 0.3, 0.5], [[0, 0.04], [0.2, 0.26], [0.5, 0.6]]),
            (2, -0.2, half, [[0, 0], [0.5, 0.5]]), (2, 1.5, half, [[0, 0.5], [0.5, 1]]), (2, 1, [0.4, 0.1], [[0, 0.5], [0.5, 1]]),
            (2, 1, [0.7, 0.6], [[0, 0.5], [0.5, 1]]),
            (4, 1, [0.4, 0.4, 0.2], [[0, 0.25], [0.25, 0.5], [0.5, 0.75], [0.75, 1]]), (2, 1, [0.4, 0.5999], [[0, 0.4], [0.4, 0.9999]]),
        ]
        for vector in vectors {
            let ranges = bucketRanges(count: vector.count, coverage: vector.coverage, weights: vector.weights)
            for (range, expected) in zip(ranges, vector.expected) {
                #expect(abs(range.lowerBound - expected[0]) < 1e-12 && abs(range.upperBound - expected[1]) < 1e-12)
            }
            #expect(ranges.count == vector.expected.count)
        }
    }

    @Test func sharesAreKeptAmongManyViewers() throws {
        let test = thumbnailTest("balance", weights: [0.5, 0.3, 0.2])
        var counts = [0, 0, 0]
        for viewer in 0..<20_000 {
            let assignment = try #require(assign(user: UserID("user-\(viewer)"), test: test))
            #expect(abs(assignment.propensity - test.variants[assignment.variant].weight) < 1e-9)
            counts[assignment.variant] += 1
        }
        #expect(sampleRatioPValue(exposed: counts.map { Int64($0) }, shares: [0.5, 0.3, 0.2]) > 0.001)
    }

    @Test func testsAreIndependentOfEachOther() {
        let first = thumbnailTest("first", weights: [0.5, 0.5])
        let second = thumbnailTest("second", weights: [0.5, 0.5])
        var cells = [Int64](repeating: 0, count: 4)
        for viewer in 0..<20_000 {
            let user = UserID("viewer\(viewer)")
            guard let a = assign(user: user, test: first), let b = assign(user: user, test: second) else { continue }
            cells[a.variant * 2 + b.variant] += 1
        }
        #expect(cells.reduce(0, +) == 20_000)
        #expect(sampleRatioPValue(exposed: cells, shares: [1, 1, 1, 1]) > 0.001)
    }

    @Test func raisingTheCoverageMovesNobody() {
        let narrow = thumbnailTest("coverage", weights: [0.5, 0.5], coverage: 0.2)
        let wide = thumbnailTest("coverage", weights: [0.5, 0.5], coverage: 0.8)
        var participants = 0
        for viewer in 0..<5000 {
            let user = UserID("u\(viewer)")
            guard let before = assign(user: user, test: narrow) else { continue }
            participants += 1
            #expect(assign(user: user, test: wide) == before)
        }
        #expect(abs(Double(participants) / 5000 - 0.2) < 0.03)
    }
}

/// A test with variants `v0`, `v1`, … and artworks `art0`, `art1`, ….
func thumbnailTest(_ id: String, weights: [Double], coverage: Double = 1) -> ThumbnailTest {
    let variants = weights.enumerated().map { index, weight in
        ThumbnailTest.Variant(id: VariantID("v\(index)"), artwork: ArtworkID("art\(index)"), weight: weight)
    }
    return ThumbnailTest(id: TestID(id), title: TitleID("title"), variants: variants, coverage: coverage)
}
