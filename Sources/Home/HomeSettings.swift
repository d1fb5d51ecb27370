/// What the home page does where the ranker's weights do not say: windows, limits and shares. The defaults are the ones measured for
/// `Models/home-linear-1.md`.
package struct HomeSettings: Sendable, Equatable {
    /// A play counts half as much after so many newer ones.
    package var historyHalfLifeEvents: Float = 3
    /// Plays of the history that count less than this are left out.
    package var historyWeightMin: Float = 0.01
    /// Added to a title's plays where its successors are made a rate, so that three plays are no proof.
    package var coPlayShrinkPlays: Float = 20
    /// Power of its plays by which a successor is discounted: 0 favours what everybody plays, 0.5 what nobody does.
    package var popularityDiscount: Float = 0.1
    /// Shares of the taste windows hour, day, week, lifetime.
    package var tasteShares: [Float] = [0.35, 0.25, 0.2, 0.2]
    /// Weight in a taste window that counts for half of what it could.
    package var tasteShrinkWeight: Float = 1
    /// Plays that a narrower view of popularity needs to count as much as the wider one before it, in the order ever everywhere, week
    /// everywhere, week, day and hour in the region. An hour is mostly noise, so it needs the most.
    package var popularityShrinkPlays: [Double] = [100, 100, 100, 100, 1000]
    /// A surprise of so many standard deviations is the greatest that counts.
    package var trendDeviationMax: Float = 6
    /// Plays in the window without which nothing is called trending.
    package var trendPlayCountMin: Int64 = 3
    /// How long a title counts as new, and when half of that has worn off, milliseconds.
    package var newMilliseconds: Int64 = 45 * 86_400_000
    package var newHalfLifeMilliseconds: Int64 = 14 * 86_400_000
    package var searchHalfLifeMilliseconds: Int64 = 2 * 86_400_000
    /// Times shown that tire nobody, those on top that tire fully, and when it has half worn off, milliseconds.
    package var fatigueFreeCount: Float = 2
    package var fatigueFullCount: Float = 8
    package var fatigueHalfLifeMilliseconds: Int64 = 3 * 86_400_000
    /// Rows with fewer items are left out; continue watching and my list may be shorter.
    package var rowItemCountMin = 3
    package var becauseRowCountMax = 2
    package var genreRowCountMax = 4
    /// Watched fraction from which a play is completed, and from which it gives a row "because you watched".
    package var completedPermille: Int32 = 900
    package var becausePermille: Int32 = 500
    /// What a title loses of its row's range of scores for sharing all genres with all titles picked before it.
    package var diversity: Float = 0.3
    package init() {}
}
