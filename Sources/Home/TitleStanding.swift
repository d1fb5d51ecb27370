/// How one title stands in a region: what ranking reads of it, side by side, because titles come in no order.
struct TitleStanding: Sendable, BitwiseCopyable {
    /// What trending, popularity and newness add to the title's score, in points.
    var points: Int64 = 0
    var popularity: Float = 0
    /// Deviations over their maximum; 0…1.
    var trending: Float = 0
    /// 1 when added, halved every two weeks, 0 once a title is not new any more.
    var newness: Float = 0
    /// The title's set of genres.
    var set: Int32 = 0
    var maturity: Int32 = 0
    /// Where the title stands in `RegionStandings.ordered`; −1 where it may not be shown here.
    var place: Int32 = -1
}

/// A title in an order that is read from one to the next, with what decides whether it is taken.
struct OrderedTitle: Sendable, BitwiseCopyable {
    var points: Int64
    var title: Int32
    var maturity: Int32
    var set: Int32
}
