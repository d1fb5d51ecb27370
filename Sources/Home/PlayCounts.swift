// hot path
import Features

/// Plays and impressions of every title in a region at a moment, by window, and what follows from them.
struct PlayCounts {
    let week: Traffic
    /// In the region, and in all.
    let ever: [Int64]
    let everywhere: [Int64]
    private let day: Traffic
    private let hour: Traffic
    private let weekEverywhere: [Int64]

    init(titleCount: Int, region: RegionID?, snapshot: TitleSnapshot, now: Int64) {
        let counts = snapshot.counts(ofFirst: titleCount, region: region, at: now)
        week = Traffic(plays: counts.map(\.plays.week), impressions: counts.map(\.impressions.week))
        day = Traffic(plays: counts.map(\.plays.day), impressions: counts.map(\.impressions.day))
        hour = Traffic(plays: counts.map(\.plays.hour), impressions: counts.map(\.impressions.hour))
        ever = counts.map(\.plays.ever)
        everywhere = counts.map(\.playsEverywhere.ever)
        weekEverywhere = counts.map(\.playsEverywhere.week)
    }

    /// log₂(1 + share · titles) / 8 by title. Each narrower view is a Dirichlet-smoothed estimate with the wider one as its prior.
    func popularity(_ settings: HomeSettings) -> [Float] {
        var shares = [Double](repeating: 1 / Double(max(ever.count, 1)), count: ever.count)
        let views = [everywhere, weekEverywhere, week.plays, day.plays, hour.plays]
        for (counts, shrink) in zip(views, settings.popularityShrinkPlays) {
            var total = 0.0
            for count in counts { total += Double(count) }
            for title in shares.indices { shares[title] = (Double(counts[title]) + shrink * shares[title]) / (total + shrink) }
        }
        return shares.map { Float.log2Of1Plus(Float($0) * Float(ever.count)) / 8 }
    }

    func trends(_ settings: HomeSettings) -> [RegionStandings.Trend] {
        var trends = [RegionStandings.Trend](repeating: .init(), count: ever.count)
        for (window, short) in [(CountWindow.hour, hour), (.day, day)] {
            for title in trends.indices where short.plays[title] >= settings.trendPlayCountMin {
                let expected = short.expected(title, against: week)
                let deviations = Float((Double(short.plays[title]) - expected) / (expected + 3).squareRoot())
                guard deviations > trends[title].deviations else { continue }
                trends[title].played = short.plays[title]
                trends[title].expected = expected
                trends[title].window = window
                trends[title].deviations = deviations
            }
        }
        return trends
    }
}

/// Plays and impressions of every title within one window.
struct Traffic {
    /// Impressions that a title's own take rate needs to count as much as everybody's.
    private static let takeRateShrinkImpressions = 50.0

    let plays: [Int64]
    private let impressions: [Int64]
    private let playCount: Int64
    private let impressionCount: Int64

    init(plays: [Int64], impressions: [Int64]) {
        self.plays = plays
        self.impressions = impressions
        playCount = plays.reduce(0, +)
        impressionCount = impressions.reduce(0, +)
    }

    /// What the title's plays in this window would be by its baseline, the rest of `longer`: the greater of what its usual take rate
    /// makes of the times it was shown, and of what its usual share makes of all plays. So neither being put on every page nor a
    /// busy evening makes a trend.
    func expected(_ title: Int, against longer: Traffic) -> Double {
        let elsewhere = Double(longer.playCount - playCount)
        let own = Double(longer.plays[title] - plays[title])
        let share = (own + 1) / (elsewhere + Double(plays.count))
        let byShare = share * Double(playCount)
        let shown = Double(longer.impressionCount - impressionCount)
        guard shown > 0 else { return byShare }
        let shrink = Self.takeRateShrinkImpressions
        let usual = min(elsewhere / shown, 1)
        let rate = (own + shrink * usual) / (Double(longer.impressions[title] - impressions[title]) + shrink)
        return max(byShare, min(rate, 1) * Double(impressions[title]))
    }
}
