/// How one title stands in a region: what ranking reads of it, side by side, because titles come in no order.
struct TitleStanding: Sendable, BitwiseCopyable {
    /// What trending, popularity and newness add to the title's score, in points.
    var points: Int64 = 0
    /// Key (`Points.key`) of the title that comes next among those of the same genres that may be shown here; 0 after the last.
    var follower: UInt64 = 0
    var popularity: Float = 0
    /// Deviations over their maximum; 0…1.
    var trending: Float = 0
    /// 1 when added, halved every two weeks, 0 once a title is not new any more.
    var newness: Float = 0
    /// The title's set of genres.
    var set: Int32 = 0
    var maturity: Int32 = 0
    /// May be shown here, to some age.
    var isShowable = false
}
