/// What the terms of a title's score in a region are made of, side by side; small, because requests read it in no order.
struct TitleStanding: Sendable, BitwiseCopyable {
    var popularity: Float = 0
    /// Deviations over their maximum; 0…1.
    var trending: Float = 0
    /// 1 when added, halved every two weeks, 0 once a title is not new any more.
    var newness: Float = 0
    /// The title's set of genres.
    var set: Int32 = 0
}

/// A new title, for whoever goes through all of them.
struct NewTitle: Sendable, BitwiseCopyable {
    var points: Int64
    var title: Int32
    var set: Int32
}
