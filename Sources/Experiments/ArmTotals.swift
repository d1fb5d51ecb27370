package import Features

/// What was counted for one variant in one segment: viewers exposed, and how many of them won.
package struct ArmTotals: Sendable, Equatable {
    package var variant: VariantID
    package var segment: SegmentID
    package var exposed: Int64
    package var won: Int64

    package init(variant: VariantID, segment: SegmentID, exposed: Int64, won: Int64) {
        self.variant = variant
        self.segment = segment
        self.exposed = exposed
        self.won = won
    }
}

/// Viewers and winners of one variant; the statistics work on these.
package struct Arm: Sendable, Equatable {
    package var exposed: Int64
    package var won: Int64

    /// Counts that cannot be (negative, or more winners than viewers) are brought to the nearest that can.
    package init(exposed: Int64, won: Int64) {
        self.exposed = max(exposed, 0)
        self.won = min(max(won, 0), self.exposed)
    }

    /// 0 where nobody was exposed.
    package var rate: Double { exposed > 0 ? Double(won) / Double(exposed) : 0 }
    /// Variance of the rate with one win and one loss added, so that it is never 0.
    var variance: Double {
        let smoothed = Double(won + 1) / Double(exposed + 2)
        return smoothed * (1 - smoothed) / Double(max(exposed, 1))
    }
}
