import Catalog
import Features
import Glibc

/// What all simulated viewers share: titles, their popularity by region and hour, and the planted trends and pairs.
struct SimulatedWorld: Sendable {
    /// A title, with what its events say of it already escaped for JSON.
    struct Film: Sendable {
        var id: String
        var escapedID: [UInt8]
        var artwork: [UInt8]?
        /// What viewers type to find it.
        var queries: [[UInt8]]
        var runtimeMilliseconds: Int64
        var genres: [Int]
        /// Index into `sets`.
        var set = 0
        var addedAt: Int64
        /// By region.
        var isShowable: [Bool]
        /// The film that viewers often go on with.
        var successor: Int?
    }

    /// A region, with its names escaped for JSON.
    struct Region: Sendable {
        var code: String
        var escapedCode: [UInt8]
        var trendingRow: [UInt8]
        var utcOffsetHours: Int
    }

    static let runtimeDefaultMilliseconds: Int64 = 6_000_000
    private static let newnessMilliseconds: Int64 = 48 * 3_600_000

    /// Films with the same genres, which a viewer likes alike.
    struct FilmSet: Sendable {
        var genres: [Int]
        var films: [Int] = []
        /// Running sums of the films' weights in the current hour, by region.
        var sums: [[Double]] = []
    }

    private(set) var films: [Film]
    private(set) var sets: [FilmSet] = []
    let regions: [Region]
    /// By genre number; empty where no title has the genre.
    let genreNames: [String]
    /// Genre rows' ids, escaped.
    let genreRows: [[UInt8]]
    /// Genres that titles have, most frequent first.
    let genresByFrequency: [Int]
    let trends: [PlantedTrend]
    /// Weight of choice by region and film in the current hour.
    private(set) var weights: [[Double]]
    private let popularity: [[Double]]
    private let phases: [[Double]]
    /// Region, film, start, factor.
    private let trendPlaces: [(region: Int, film: Int, start: Int64, factor: Double)]

    init(catalog: Catalog, settings: SimulationSettings, random: inout SimulationRandom) {
        regions = settings.regions.map {
            Region(
                code: $0.code, escapedCode: escapedForJSON($0.code), trendingRow: escapedForJSON("trending:\($0.code)"),
                utcOffsetHours: $0.utcOffsetHours)
        }
        let codes = settings.regions.map { RegionID($0.code) ?? .none }
        let films = catalog.titles.map { SimulatedWorld.film($0, regions: codes) }
        self.films = films
        precondition(films.contains { $0.isShowable.contains(true) }, "no title of the catalogue may be shown in any region")
        genreNames = catalog.genreNames
        genreRows = catalog.genreNames.map { escapedForJSON("genre:\($0)") }
        var counts = [Int](repeating: 0, count: 256)
        for film in films { for genre in film.genres { counts[genre] += 1 } }
        genresByFrequency = counts.indices.filter { counts[$0] > 0 }.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
        let popularity = SimulatedWorld.popularity(films: films, regionCount: settings.regions.count, random: &random)
        self.popularity = popularity
        phases = settings.regions.map { _ in films.map { _ in random.uniform() * 2 * Double.pi } }
        weights = popularity
        let trends =
            settings.trends
            ?? SimulatedWorld.defaultTrends(films: films, popularity: popularity, settings: settings, random: &random)
        self.trends = trends
        let places = Dictionary(films.indices.map { (films[$0].id, $0) }) { first, _ in first }
        trendPlaces = trends.compactMap { trend in
            guard let film = places[trend.title], let region = settings.regions.firstIndex(where: { $0.code == trend.region }) else {
                return nil
            }
            return (region, film, trend.start, trend.factor)
        }
        plantPairs(excluding: Set(settings.tests.map(\.test.title.description)), random: &random)
        gatherSets()
    }

    private mutating func gatherSets() {
        var places: [[Int]: Int] = [:]
        for film in films.indices {
            let genres = films[film].genres.sorted()
            let place = places[genres] ?? sets.count
            if place == sets.count {
                places[genres] = place
                sets.append(FilmSet(genres: genres))
            }
            films[film].set = place
            sets[place].films.append(film)
        }
        sumWeights()
    }

    private mutating func sumWeights() {
        for set in sets.indices {
            sets[set].sums = regions.indices.map { region in
                var sum = 0.0
                return sets[set].films.map { film in
                    sum += weights[region][film]
                    return sum
                }
            }
        }
    }

    /// Sets the weights for the hour that begins at `time`: slow drift, new titles, trends.
    mutating func advance(to time: Int64) {
        let days = Double(time) / 86_400_000
        for region in regions.indices {
            for film in films.indices {
                weights[region][film] = weight(of: film, in: region, at: time, days: days)
            }
        }
        for trend in trendPlaces where time >= trend.start { weights[trend.region][trend.film] *= trend.factor }
        sumWeights()
    }

    private func weight(of film: Int, in region: Int, at time: Int64, days: Double) -> Double {
        let age = time - films[film].addedAt
        guard films[film].isShowable[region], age >= 0 else { return 0 }
        let drift = exp(0.5 * sin(days * 2 * Double.pi / 9 + phases[region][film]))
        let newness = age < SimulatedWorld.newnessMilliseconds ? 3.0 : 1.0
        return popularity[region][film] * drift * newness
    }

    /// Zipf by rank; each region moves the ranks of the world about a little.
    private static func popularity(films: [Film], regionCount: Int, random: inout SimulationRandom) -> [[Double]] {
        var order = Array(films.indices)
        random.shuffle(&order)
        var rank = [Double](repeating: 0, count: films.count)
        for (place, film) in order.enumerated() { rank[film] = Double(place) }
        return (0..<regionCount).map { _ in
            films.indices.map { 1 / pow(max(0, rank[$0] * exp(0.5 * random.normal())) + 3, 0.8) }
        }
    }

    /// For each region a title of middling popularity that becomes the talk of the last six hours.
    private static func defaultTrends(
        films: [Film], popularity: [[Double]], settings: SimulationSettings, random: inout SimulationRandom
    ) -> [PlantedTrend] {
        let tested = Set(settings.tests.map(\.test.title.description))
        var taken = Set<Int>()
        return settings.regions.indices.compactMap { region in
            let candidates = films.indices.filter { films[$0].isShowable[region] && !tested.contains(films[$0].id) && !taken.contains($0) }
                .sorted { (popularity[region][$0], $0) > (popularity[region][$1], $1) }
            guard candidates.count >= 4 else { return nil }
            let film = candidates[candidates.count / 4 + random.below(candidates.count / 2)]
            taken.insert(film)
            return PlantedTrend(
                title: TitleID(films[film].id), region: settings.regions[region].code, start: settings.endTime - 6 * 3_600_000, factor: 40)
        }
    }

    /// Gives one film in six a successor of a common genre.
    private mutating func plantPairs(excluding tested: Set<String>, random: inout SimulationRandom) {
        for film in films.indices where !tested.contains(films[film].id) && random.chance(1.0 / 6) {
            let candidates = films.indices.filter { other in
                other != film && films[other].successor != film && !tested.contains(films[other].id)
                    && films[other].genres.contains { films[film].genres.contains($0) }
            }
            if !candidates.isEmpty { films[film].successor = candidates[random.below(candidates.count)] }
        }
    }

    private static func film(_ title: Title, regions: [RegionID]) -> Film {
        let words = title.name.lowercased().split { !($0.isLetter || $0.isNumber) }
        var queries = [escapedForJSON(title.name.lowercased())]
        if let longest = words.max(by: { $0.count < $1.count }) {
            queries.append(escapedForJSON(String(longest)))
            queries.append(escapedForJSON(String(longest.prefix(4))))
        }
        return Film(
            id: title.id.description, escapedID: escapedForJSON(title.id.description),
            artwork: title.artworks.first.map { escapedForJSON($0.description) }, queries: queries,
            runtimeMilliseconds: title.runtimeMilliseconds > 0 ? title.runtimeMilliseconds : runtimeDefaultMilliseconds,
            genres: title.genres.map { Int($0.raw) }, addedAt: title.addedAt,
            isShowable: regions.map { title.isShowable(in: $0, maturityLimit: 18) }, successor: nil)
    }
}
