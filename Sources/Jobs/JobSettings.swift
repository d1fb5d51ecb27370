package import Features
package import Quality

/// Weights and limits of the operators; part of what state is a function of (DESIGN §6.7).
///
/// The names of its properties are kept in the control store: a new one needs a default that does what was done before.
package struct JobSettings: Sendable, Equatable, Codable {
    /// Raised by hand to begin another definition where nothing else differs.
    package var version: Int64 = 1
    /// Signal weights in thousandths.
    package var completedPlay: Int64 = 1000
    package var partialPlay: Int64 = 500
    package var abandonedPlay: Int64 = -200
    package var searchClick: Int64 = 300
    package var hover: Int64 = 50
    package var listAddition: Int64 = 400
    /// Times (tenths − 30) / 20 of a rating: five stars add it, one star takes it away.
    package var rating: Int64 = 800
    /// A play counts as completed from this fraction on, and as abandoned below the other.
    package var completedPermille: Int32 = 900
    package var abandonedPermille: Int32 = 100
    /// Least time watched for a qualified play, and its window after the impression.
    package var qualifiedPlayMilliseconds: Int64 = 120_000
    package var attributionWindowMilliseconds: Int64 = 1_800_000
    /// How many earlier plays a play is linked to, with weight 1000 / distance.
    package var coPlayDistanceMax = 8
    /// Users and devices whose ids start so are bots or test traffic and are counted, not applied.
    package var filteredPrefixes: [String] = ["bot-", "test-", "loadtest-"]
    package var tests: [ThumbnailTest] = []
    package var quality = QualitySettings()
    package init() {}
}
