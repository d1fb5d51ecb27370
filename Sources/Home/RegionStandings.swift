package import Features

/// How every title stands in a region at a moment: popularity, trend, newness, what co-plays are normalised by, and the orders that
/// follow from them.
///
/// It depends on the snapshot, the region and the time but on no viewer: serving makes one a second and region and hands it to all
/// requests. Columns are by title index.
package final class RegionStandings: Sendable {
    /// What a title's plays in a short window were, and what they usually would have been.
    package struct Trend: Sendable, Equatable {
        package var played: Int64 = 0
        package var expected: Double = 0
        /// The window looked at: the hour or the day, whichever surprises more.
        package var window = CountWindow.hour
        /// (played − expected) / √(expected + 3).
        package var deviations: Float = 0
        package init() {}
    }

    /// Nil: all regions together.
    package let region: RegionID?
    /// Milliseconds since 1970.
    package let now: Int64
    /// log₂(1 + share · titles) / 8.
    package let popularity: [Float]
    /// What surprises; deviations are 0 where a title does not.
    package let trends: [Trend]
    /// Deviations over their maximum; 0…1.
    let trending: [Float]
    /// 1 when added, halved every two weeks, 0 once a title is not new any more.
    let newness: [Float]
    /// 1 / √(plays ever + shrink).
    let inverseRootPlays: [Float]
    /// (plays ever + 5) to the power of −discount.
    let discount: [Float]
    /// How much a title is played, in words (`Evidence.popular`): where among the texts.
    let popularText: [PageTexts.Range]
    let popularTexts: PageTexts
    /// What trending, popularity and newness add to a title's score, in points.
    let points: [Int64]
    /// The titles of each genre set that may be shown here, by points, ties by index: `ordered[starts[s]..<starts[s + 1]]`.
    let ordered: [Int32]
    let starts: [Int32]
    /// The points of the first and the last of them; of a set without any so few, and so many, that no term makes up for it.
    let greatest: [Int64]
    let least: [Int64]
    /// All titles that may be shown here in the order of `RowScore.trending`, ties by index.
    let trendingOrder: [Int32]
    /// Titles that may be shown here and are new, ascending.
    let newest: [Int32]
    /// Mean popularity of the five titles that stand best, by genre number.
    let genrePopularity: [Float]
    private let isShowable: [Bool]

    /// A region of nil means all together.
    init(columns: TitleColumns, model: RankerModel, region: RegionID?, snapshot: TitleSnapshot, settings: HomeSettings, now: Int64) {
        let titleCount = columns.count
        self.region = region
        self.now = now
        let counts = PlayCounts(titleCount: titleCount, region: region, snapshot: snapshot, now: now)
        popularity = counts.popularity(settings)
        let everywhere = counts.everywhere
        inverseRootPlays = everywhere.map { 1 / (Float(max($0, 0)) + settings.coPlayShrinkPlays).squareRoot() }
        discount = everywhere.map { Float.power(Float(max($0, 0)) + 5, -settings.popularityDiscount) }
        trends = counts.trends(settings)
        let deviationMax = settings.trendDeviationMax
        trending = trends.map { min($0.deviations, deviationMax) / deviationMax }
        newness = columns.addedAt.map { addedAt in
            let age = now - addedAt
            guard age >= 0 && age <= settings.newMilliseconds else { return 0 }
            return Float.decay(age: age, halfLife: settings.newHalfLifeMilliseconds)
        }
        var points = [Int64](repeating: 0, count: titleCount)
        for title in 0..<titleCount {
            points[title] =
                Points.of(model.weight(.trending) * trending[title]) + Points.of(model.weight(.popularity) * popularity[title])
                + Points.of(model.weight(.newness) * newness[title])
        }
        self.points = points
        let place = region ?? RegionID.none
        let isShowable = (0..<titleCount).map { columns.isShowable($0, in: place) }
        self.isShowable = isShowable
        let orders = TitleOrders(columns: columns, points: points, isShowable: isShowable)
        (ordered, starts, greatest, least) = (orders.ordered, orders.starts, orders.greatest, orders.least)
        let (trending, popularity, newness) = (trending, popularity, newness)
        trendingOrder = orders.sorted { RowScore.trending(trending[$0], popularity[$0]) }
        newest = (0..<Int32(titleCount)).filter { isShowable[Int($0)] && newness[Int($0)] > 0 }
        genrePopularity = columns.titlesByGenre.map { TitleOrders.meanOfBest(5, of: $0, by: popularity) }
        var texts = PageTexts()
        let named = Evidence.place(region)
        popularText = (0..<titleCount).map { title in
            texts.make {
                Evidence.popular(week: counts.week.plays[title], region: counts.ever[title], everywhere: everywhere[title], named, &$0)
            }.common
        }
        popularTexts = texts
    }

    /// True where the title may be shown in the region to some age.
    func isShowable(_ title: Int) -> Bool { isShowable[title] }

    /// How closely a title follows another, by how often it was played after it, against the plays of both; 0 to about 0.8.
    func closeness(from title: Int, to successor: SuccessorWeight) -> Float {
        let weight = Float(max(successor.total + successor.recent, 0)) / 2
        return weight.squareRoot() * inverseRootPlays[title] * discount[successor.title]
    }
}
