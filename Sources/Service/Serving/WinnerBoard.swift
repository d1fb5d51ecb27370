package import Experiments
package import Features
import NIOConcurrencyHelpers

/// Which variants have won in which taste segments: what viewers outside a test are shown (DESIGN §9).
package final class WinnerBoard: Sendable {
    private let tests: [ThumbnailTest]
    private let box = NIOLockedValueBox<[TestID: [SegmentID: VariantID]]>([:])

    package init(tests: [ThumbnailTest]) { self.tests = tests }

    /// True where there are no tests, so that nothing can win.
    var isEmpty: Bool { tests.isEmpty }

    /// Reads all reports anew; some milliseconds a test, so not for every snapshot.
    package func refresh(_ snapshot: TitleSnapshot) {
        var found: [TestID: [SegmentID: VariantID]] = [:]
        for test in tests { found[test.id] = winners(ThumbnailReport(test: test, totals: totals(of: test, in: snapshot))) }
        let winners = found
        box.withLockedValue { $0 = winners }
    }

    /// The artwork that has won for the title in the segment, nil where the evidence does not hold.
    package func artwork(of title: TitleID, segment: String) -> ArtworkID? {
        for test in tests where test.title == title {
            guard let winner = box.withLockedValue({ $0[test.id]?[SegmentID(segment)] }) else { continue }
            return test.variants.first { $0.id == winner }?.artwork
        }
        return nil
    }
}

/// A test's counts as the statistics want them.
package func totals(of test: ThumbnailTest, in snapshot: TitleSnapshot) -> [ArmTotals] {
    snapshot.arms(test: test.id).map {
        ArmTotals(variant: $0.variant, segment: SegmentID($0.segment), exposed: $0.exposed, won: $0.won)
    }
}
