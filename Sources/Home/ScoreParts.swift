// hot path

/// The terms that a score may be made of, in the order in which they are told.
package enum ScoreTerm: UInt8, CaseIterable, Sendable {
    // The ranker's, in its order.
    case coPlay, genreAffinity, trending, popularity, newness, search, ratedNeighbours, fatigue
    /// How closely a title follows the one that its row is about.
    case afterThisTitle
    case sameGenres, searchMatch, recency

    /// As it stands in answers.
    package var name: StaticString {
        switch self {
        case .coPlay: "co_play"
        case .genreAffinity: "genre_affinity"
        case .trending: "trending"
        case .popularity: "popularity"
        case .newness: "newness"
        case .search: "search"
        case .ratedNeighbours: "rated_neighbours"
        case .fatigue: "fatigue"
        case .afterThisTitle: "after_this_title"
        case .sameGenres: "same_genres"
        case .searchMatch: "search_match"
        case .recency: "recency"
        }
    }

    /// The source that a term speaks for.
    var source: Source? {
        switch self {
        case .coPlay, .ratedNeighbours: .coPlay
        case .genreAffinity: .genreAffinity
        case .trending: .trending
        case .popularity: .popular
        case .newness: .new
        case .search: .search
        case .fatigue, .afterThisTitle, .sameGenres, .searchMatch, .recency: nil
        }
    }
}

/// A score with the terms that it is made of; terms of 0 are left out.
package struct ScoreParts: Sendable, BitwiseCopyable {
    /// The sum of the terms.
    package private(set) var score = 0.0
    /// A bit for each term that there is, by its raw value.
    package private(set) var termBits: UInt16 = 0
    /// By the terms' raw values.
    package private(set) var values = [12 of Float](repeating: 0)

    init() {}

    /// Adds a term; each at most once, in the order of `ScoreTerm`.
    @inline(__always)
    mutating func add(_ term: ScoreTerm, _ value: Float) {
        if value == 0 { return }
        termBits |= 1 << UInt16(term.rawValue)
        values[Int(term.rawValue)] = value
        score += Double(value)
    }

    func has(_ term: ScoreTerm) -> Bool { termBits & 1 << UInt16(term.rawValue) != 0 }

    /// What each term adds, in order.
    package func forEach(_ body: (ScoreTerm, Double) -> Void) {
        var rest = termBits
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest - 1
            if let term = ScoreTerm(rawValue: UInt8(place)) { body(term, Double(values[place])) }
        }
    }

    /// The source whose term is the greatest; popularity where none is above 0.
    var source: Source {
        var best = Source.popular
        var greatest: Float = 0
        forEach { term, value in
            guard Float(value) > greatest, let source = term.source else { return }
            (best, greatest) = (source, Float(value))
        }
        return best
    }
}
