/// What the ranker looks at, per viewer and title; the raw value is the name in a model's file.
package enum RankerFeature: String, CaseIterable, Sendable {
    /// Played after what the viewer played, lately above all: Σ recency · watched · √(co-plays / (plays + shrink)) / plays^discount, 0…1.
    case coPlay = "co_play"
    /// The viewer's taste (hour, day, week, lifetime) in the title's genres, against the catalogue's mix; about −0.5…1.
    case genreAffinity = "genre_affinity"
    /// Plays in the last hour or day above what is usual for the title in the region, in standard deviations over their maximum; 0…1.
    case trending
    /// log₂(1 + share of plays · titles) / 8; the share backs off hour → day → week in the region → everywhere → ever.
    case popularity
    /// 1 when added, halved every two weeks.
    case newness
    /// How well it fits the viewer's latest searches; 0…1.
    case search
    /// Neighbours of titles rated ≥ 4 stars pull, of those ≤ 2 push; −1…1.
    case ratedNeighbours = "rated_neighbours"
    /// Shown again and again without a play; 0…1.
    case fatigue

    /// Position among the columns.
    var column: Int {
        switch self {
        case .coPlay: 0
        case .genreAffinity: 1
        case .trending: 2
        case .popularity: 3
        case .newness: 4
        case .search: 5
        case .ratedNeighbours: 6
        case .fatigue: 7
        }
    }
}
