/// What one partition of one topic says of one title: a Redis value with its own applied offset, never incremented in place (DESIGN §6.4).
///
/// Each job fills only its own part: play fills `plays` and `successors`, impression fills `impressions`, attribution fills `arms`,
/// error fills `errors`. Readers add up the partitions.
package struct TitleState: Sendable, Equatable {
    package static let successorCountMax = 64
    package static let regionCountMax = 32
    /// Beyond it credits are counted without their segment (those of `armCountMax` variants at most: tests are configuration).
    package static let armCountMax = 512

    /// Plays per region and tile.
    package var plays: [RegionTiles] = []
    /// Times shown, per region and tile.
    package var impressions: [RegionTiles] = []
    /// Errors per region and tile.
    package var errors: [RegionTiles] = []
    /// Titles played after this one (directed co-plays); at most `successorCountMax`, the weakest go first.
    package var successors: [Successor] = []
    /// Thumbnail test counts.
    package var arms: [ArmCount] = []
    package init() {}
}

/// Counts of one region by tile.
package struct RegionTiles: Sendable, Equatable {
    package var region: RegionID
    package var tiles = CountTiles()
    package init(region: RegionID) { self.region = region }
}

/// How often (and how lately) a title was played after another one.
package struct Successor: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    /// Weight in thousandths, never decayed.
    package var total: Int64
    /// Weight under exponential decay.
    package var recent: DecayedSum

    package init(title: Name, total: Int64, recent: DecayedSum) {
        self.title = title
        self.total = total
        self.recent = recent
    }
}

/// Viewers exposed to a variant within a segment, and how many of them won.
package struct ArmCount: Sendable, Equatable, BitwiseCopyable {
    package var test: Name
    package var variant: Name
    package var segment: Name
    package var exposed: Int64
    package var won: Int64

    package init(test: Name, variant: Name, segment: Name, exposed: Int64, won: Int64) {
        self.test = test
        self.variant = variant
        self.segment = segment
        self.exposed = exposed
        self.won = won
    }
}
