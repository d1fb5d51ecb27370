package import Features

/// How every title stands in a region at a moment: popularity, trend, newness, how closely they follow each other, and the orders that
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
    let titles: [TitleStanding]
    /// What trending, popularity and newness add to a title's score, in points.
    let points: [Int64]
    let coPlays: CoPlays
    /// How much a title is played, in words (`Evidence.popular`): where among the texts.
    let popularText: [PageTexts.Range]
    let popularTexts: PageTexts
    /// The titles of each genre set that may be shown here, by points, ties by index: keys `ordered[starts[s]..<starts[s + 1]]`.
    let ordered: [UInt64]
    let starts: [Int32]
    /// The key of the first of them, and the points of the last; 0 of a set without any.
    let first: [UInt64]
    let least: [Int64]
    /// What to add to a title's key, wrapping around, for that of the next of its set, whatever was added to the points of all; 0 after the last.
    let steps: [UInt64]
    /// All titles that may be shown here in the order of `RowScore.trending`, ties by index.
    let trendingOrder: [Int32]
    /// Titles that may be shown here and are new, ascending.
    let newest: [NewTitle]
    /// Mean popularity of the five titles that stand best, by genre number.
    let genrePopularity: [Float]
    private let showable: TitleSet

    /// A region of nil means all together.
    init(
        columns: TitleColumns, model: RankerModel, region: RegionID?, snapshot: TitleSnapshot, coPlays: CoPlays, settings: HomeSettings,
        now: Int64
    ) {
        let titleCount = columns.count
        self.region = region
        self.now = now
        let counts = PlayCounts(titleCount: titleCount, region: region, snapshot: snapshot, now: now)
        popularity = counts.popularity(settings)
        let everywhere = counts.everywhere
        self.coPlays = coPlays
        trends = counts.trends(settings)
        let deviationMax = settings.trendDeviationMax
        let (popularity, trends) = (popularity, trends)
        let titles = (0..<titleCount).map { title in
            var standing = TitleStanding()
            standing.popularity = popularity[title]
            standing.trending = min(trends[title].deviations, deviationMax) / deviationMax
            let age = now - columns.addedAt[title]
            if age >= 0 && age <= settings.newMilliseconds {
                standing.newness = Float.decay(age: age, halfLife: settings.newHalfLifeMilliseconds)
            }
            standing.set = columns.sets.ofTitle[title]
            return standing
        }
        points = titles.map { standing in
            Points.of(model.weight(.trending) * standing.trending) + Points.of(model.weight(.popularity) * standing.popularity)
                + Points.of(model.weight(.newness) * standing.newness)
        }
        var showable = TitleSet(titleCount: titleCount)
        for title in 0..<titleCount where columns.isShowable(title, in: region ?? RegionID.none) { showable.insert(title) }
        self.showable = showable
        let orders = TitleOrders(points, columns: columns, isShowable: showable)
        (ordered, starts, first, least, steps) = (orders.ordered, orders.starts, orders.first, orders.least, orders.steps)
        trendingOrder = orders.sorted { RowScore.trending(titles[$0].trending, titles[$0].popularity) }
        newest = orders.newest(titles, points)
        self.titles = titles
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

    /// Available in the region, and fit for the age.
    func isShowable(_ title: Int, to age: ViewerContext.AgeLimit) -> Bool { showable.contains(title) && age.admits(title) }
}
