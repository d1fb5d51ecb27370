// hot path

/// What rows add to, or put in place of, the model's score.
enum RowScore {
    /// Weight of following a title closely, and of sharing its genres, in rows and lists about that title.
    static let closenessWeight: Float = 3
    static let genreWeight: Float = 0.5
    /// Genres in common (Jaccard) from which titles count as alike without co-plays.
    static let alikeMin: Float = 0.5
    static let matchWeight: Float = 2
    static let trendWeight: Float = 1
    static let popularityWeight: Float = 0.5

    static func trending(_ trending: Float, _ popularity: Float) -> Float { trendWeight * trending + popularityWeight * popularity }
}
