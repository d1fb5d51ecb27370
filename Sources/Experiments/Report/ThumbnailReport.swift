package import Features

/// What a thumbnail test has shown so far. Read `srm` first: where the split is wrong, nothing else means anything.
package struct ThumbnailReport: Sendable, Equatable {
    package var test: TestID
    package var title: TitleID
    /// When the counts were read from the store, milliseconds since 1970; 0 before the first time.
    package var snapshotAt: Int64
    package var srm: SampleRatio
    /// In the order of the test; the first is the control.
    package var variants: [VariantResult]
    /// By name; segments in which nobody was exposed are left out.
    package var segments: [SegmentResult]
    /// Viewers that each variant still lacks for 80 % power at 5 % (two-sided), for the observed difference between the best variant and
    /// the control or for the least worth having, whichever is greater; nil while the control has no rate to start from.
    package var neededPerVariant: Int64?
    package var verdict: Verdict

    /// Whether viewers were split as the test's shares say.
    package struct SampleRatio: Sendable, Equatable {
        package var pValue: Double
        package var isMismatch: Bool
    }

    /// What can be recommended.
    package enum Verdict: Sendable, Equatable {
        case keepRunning
        /// The split is wrong: do not read the rest.
        case sampleRatioMismatch
        case winner(VariantID)
        /// All variants are within the least lift worth having of the control.
        case noDifference
    }
}

/// One variant over all segments, or within one.
package struct VariantResult: Sendable, Equatable {
    package var variant: VariantID
    package var artwork: ArtworkID
    package var arm: Arm
    /// 95 %, Wilson.
    package var rateInterval: Interval
    /// Over the control; nil for the control itself, and while the control has not won.
    package var lift: Lift?
    package var bestProbability: Double
    /// In points of win rate.
    package var expectedLoss: Double
    /// Always valid, against the control; nil for the control.
    package var sequentialPValue: Double?
}

/// One segment of viewers.
package struct SegmentResult: Sendable, Equatable {
    package var segment: SegmentID
    /// In the order of the test.
    package var variants: [VariantResult]
    /// Rates drawn towards the variant's mean over segments (empirical Bayes), in the order of the test.
    package var shrunkRates: [Double]
    /// The sequential p-values of the variants after the control, corrected over all segments and variants (Benjamini–Hochberg).
    package var correctedPValues: [Double]
    /// The variant that the evidence holds for in this segment; nil where it holds for none.
    package var winner: VariantID?
    /// Viewers exposed to any variant.
    package var exposed: Int64 { variants.reduce(0) { $0 + $1.arm.exposed } }
}

/// Thresholds of a report.
package struct ReportSettings: Sendable, Equatable {
    /// Below this p-value the split counts as wrong.
    package var sampleRatioThreshold = 0.001
    /// A corrected always-valid p-value at or below this is evidence.
    package var significance = 0.05
    /// The least P(best) of a winner.
    package var bestProbabilityMin = 0.95
    /// The least relative lift that is worth having.
    package var relevantLift = 0.02
    package var sequentialTest = SequentialTest()
    package init() {}
}
