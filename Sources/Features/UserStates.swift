/// What the play job knows of a viewer.
package struct PlayState: Sendable, Equatable {
    package static let recentPlayCountMax = 50
    package static let continuePositionCountMax = 20
    package static let playedTitleCountMax = 4096
    package static let openPlayCountMax = 8

    package var asOf: Int64 = 0
    /// Where the newest event came from.
    package var region = RegionID.none
    /// Weight of genres by plays.
    package var taste = TasteWindows()
    /// One entry a title and session, oldest first; at most `recentPlayCountMax`.
    package var recentPlays: [RecentPlay] = []
    /// Where titles were left, one a title, newest `at` last; at most `continuePositionCountMax`.
    package var positions: [ContinuePosition] = []
    /// Titles ever played, in the order of their first play; at most `playedTitleCountMax`, the oldest go first.
    package var played: [Name] = []
    /// Plays of which one end is missing; at most `openPlayCountMax`, the earliest go first; dropped after twelve hours of log time.
    package var openPlays: [OpenPlay] = []
    package init() {}
}

/// A play that came to a `play_stop` (or is still open: `fractionPermille` so far).
package struct RecentPlay: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    /// When it started, event time, milliseconds.
    package var at: Int64
    package var watchedMilliseconds: Int64
    /// Greatest position over duration, 0…1000.
    package var fractionPermille: Int32
    /// When it stopped, event time; 0 while it is open.
    package var endedAt: Int64

    package init(title: Name, at: Int64, watchedMilliseconds: Int64, fractionPermille: Int32, endedAt: Int64 = 0) {
        self.title = title
        self.at = at
        self.watchedMilliseconds = watchedMilliseconds
        self.fractionPermille = fractionPermille
        self.endedAt = endedAt
    }
}

/// Where a viewer left a title; the newest event of any device decides.
package struct ContinuePosition: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    package var positionMilliseconds: Int64
    package var durationMilliseconds: Int64
    package var at: Int64

    package init(title: Name, positionMilliseconds: Int64, durationMilliseconds: Int64, at: Int64) {
        self.title = title
        self.positionMilliseconds = positionMilliseconds
        self.durationMilliseconds = durationMilliseconds
        self.at = at
    }
}

/// A play under way; or one whose `play_stop` came before its `play_start`, kept so that the late start finds it.
package struct OpenPlay: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    package var session: Name
    package var startedAt: Int64
    /// True once it has been forwarded as a qualified play (two minutes watched).
    package var qualified: Bool
    /// True where the stop has come and the start has not.
    package var isStopped: Bool

    package init(title: Name, session: Name, startedAt: Int64, qualified: Bool, isStopped: Bool = false) {
        self.title = title
        self.session = session
        self.startedAt = startedAt
        self.qualified = qualified
        self.isStopped = isStopped
    }
}

/// What the search job knows of a viewer.
package struct SearchState: Sendable, Equatable {
    package static let searchCountMax = 10

    package var asOf: Int64 = 0
    /// Weight of genres by clicks on search results.
    package var taste = TasteWindows()
    /// Oldest first, one a query text; at most `searchCountMax`.
    package var searches: [RecentSearch] = []
    package init() {}
}

/// A search and the result that was clicked (`.none` where none was).
package struct RecentSearch: Sendable, Equatable, BitwiseCopyable {
    package var query: Name
    package var clicked: Name
    package var at: Int64

    package init(query: Name, clicked: Name, at: Int64) {
        self.query = query
        self.clicked = clicked
        self.at = at
    }
}

/// What the impression job knows of a viewer.
package struct ImpressionState: Sendable, Equatable {
    package static let shownCountMax = 40

    package var asOf: Int64 = 0
    /// Where the newest event came from.
    package var region = RegionID.none
    /// Weight of genres by hovers.
    package var taste = TasteWindows()
    /// Titles shown lately, one a title, oldest `at` first; at most `shownCountMax`.
    package var shown: [ShownTitle] = []
    package init() {}
}

/// A title that was shown, how often within the retained time, and when last.
package struct ShownTitle: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    package var count: Int32
    package var at: Int64

    package init(title: Name, count: Int32, at: Int64) {
        self.title = title
        self.count = count
        self.at = at
    }
}

/// What the feedback job knows of a viewer. In each list one entry a title; the newest `at` decides.
package struct FeedbackState: Sendable, Equatable {
    package static let entryCountMax = 200

    package var asOf: Int64 = 0
    /// Weight of genres by ratings and list additions.
    package var taste = TasteWindows()
    package var ratings: [Rating] = []
    package var hidden: [Mark] = []
    /// Additions and removals alike, so that a late event cannot undo a newer one; `isSet` tells which it was.
    package var myList: [Mark] = []
    /// Removals from continue watching; one hides plays with `at` up to its own.
    package var continueWatchingRemoved: [Mark] = []
    package init() {}
}

/// A rating; `tenths` is 5…50.
package struct Rating: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    package var tenths: Int32
    package var at: Int64

    package init(title: Name, tenths: Int32, at: Int64) {
        self.title = title
        self.tenths = tenths
        self.at = at
    }
}

/// A title marked (or unmarked) by the viewer at a time.
package struct Mark: Sendable, Equatable, BitwiseCopyable {
    package var title: Name
    package var isSet: Bool
    package var at: Int64

    package init(title: Name, isSet: Bool, at: Int64) {
        self.title = title
        self.isSet = isSet
        self.at = at
    }
}

/// What the error job knows of a viewer: the newest errors, oldest first; at most `errorCountMax`.
package struct ErrorState: Sendable, Equatable {
    package static let errorCountMax = 10

    package var asOf: Int64 = 0
    package var errors: [RecentError] = []
    package init() {}
}

/// An error of a player or app.
package struct RecentError: Sendable, Equatable, BitwiseCopyable {
    package var code: Name
    package var title: Name
    package var isFatal: Bool
    package var at: Int64

    package init(code: Name, title: Name, isFatal: Bool, at: Int64) {
        self.code = code
        self.title = title
        self.isFatal = isFatal
        self.at = at
    }
}

/// What the experiment job knows of a viewer: the tests they are in, as first logged (sticky).
package struct ExperimentState: Sendable, Equatable {
    package static let assignmentCountMax = 64

    package var asOf: Int64 = 0
    package var assignments: [Assignment] = []
    package init() {}
}

/// A viewer's place in a test.
package struct Assignment: Sendable, Equatable, BitwiseCopyable {
    package var test: Name
    package var variant: Name
    /// Taste segment, frozen when the assignment was logged.
    package var segment: Name
    package var propensityPermille: Int32
    package var at: Int64

    package init(test: Name, variant: Name, segment: Name, propensityPermille: Int32, at: Int64) {
        self.test = test
        self.variant = variant
        self.segment = segment
        self.propensityPermille = propensityPermille
        self.at = at
    }
}

/// What the attribution job knows of a viewer: per test, what is needed to compute credit afresh (DESIGN §6.8).
package struct AttributionState: Sendable, Equatable {
    package static let testCountMax = 64
    package static let impressionCountMax = 16
    package static let playCountMax = 16

    package var asOf: Int64 = 0
    package var tests: [TestEvidence] = []
    /// What was done up to there had been done before an erasure, whenever it is forwarded; nil where none told.
    package var erasedUpTo: SourceOffsets?
    package init() {}
}

/// Offsets on the topics that forward to the attribution job, in the viewer's partition; -1 where none is known.
package struct SourceOffsets: Sendable, Equatable, BitwiseCopyable {
    package var impression: Int64
    package var play: Int64
    package var experiment: Int64

    package init(impression: Int64, play: Int64, experiment: Int64) {
        self.impression = impression
        self.play = play
        self.experiment = experiment
    }
}

/// Both sides of one test's join for one viewer, and what the title state has been told.
package struct TestEvidence: Sendable, Equatable {
    package var test: Name
    /// `.none` until the assignment has arrived.
    package var variant: Name = .none
    package var segment: Name = .none
    /// Impressions of an artwork of the test, oldest first.
    package var impressions: [VariantImpression] = []
    /// Start times of qualified plays of the test's title, oldest first.
    package var plays: [Int64] = []
    /// What has been counted for this viewer: exposed and won, under which variant and segment.
    package var counted = Credit()

    package init(test: Name) { self.test = test }
}

/// An impression of a variant's artwork.
package struct VariantImpression: Sendable, Equatable, BitwiseCopyable {
    package var variant: Name
    /// Event time, milliseconds.
    package var at: Int64

    package init(variant: Name, at: Int64) {
        self.variant = variant
        self.at = at
    }
}

/// A viewer's contribution to a thumbnail test.
package struct Credit: Sendable, Equatable, BitwiseCopyable {
    package var variant = Name.none
    package var segment = Name.none
    package var exposed = false
    package var won = false
    package init() {}
}
