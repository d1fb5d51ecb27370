package import Features

/// What to simulate. The same settings, catalogue and assignment give the same bytes.
package struct SimulationSettings: Sendable {
    package var userCount: Int
    /// Events sent, retries included.
    package var eventCount: Int
    package var seed: UInt64
    /// When the stream ends, milliseconds since 1970; it covers the `days` before.
    package var endTime: Int64
    package var days = 7
    package var regions = SimulationSettings.defaultRegions
    /// Share of events that a device sends a second time, with the same `event_id`.
    package var duplicateShare = 0.02
    /// Share of events that arrive minutes to hours after they happened.
    package var lateShare = 0.01
    /// Share of users who are bots; their ids begin with `bot-`.
    package var botShare = 0.01
    /// Share of plays whose player sends `quality_sample`s.
    package var qualityShare = 0.03
    /// Every viewer has a session, where there are events enough for as many; otherwise many of the less active never come.
    package var everyoneComes = false
    package var tests: [PlantedTest] = []
    /// Nil: one a region, begun six hours before the end.
    package var trends: [PlantedTrend]?

    package init(userCount: Int, eventCount: Int, seed: UInt64, endTime: Int64) {
        self.userCount = userCount
        self.eventCount = eventCount
        self.seed = seed
        self.endTime = endTime
    }

    package static let defaultRegions = [
        SimulatedRegion(code: "SEA", share: 0.35, utcOffsetHours: 7), SimulatedRegion(code: "EU", share: 0.3, utcOffsetHours: 1),
        SimulatedRegion(code: "NA", share: 0.2, utcOffsetHours: -6), SimulatedRegion(code: "LATAM", share: 0.15, utcOffsetHours: -3),
    ]
}

/// A region of simulated viewers: its share of them, and its clock.
package struct SimulatedRegion: Sendable, Equatable {
    package var code: String
    package var share: Double
    package var utcOffsetHours: Int

    package init(code: String, share: Double, utcOffsetHours: Int) {
        self.code = code
        self.share = share
        self.utcOffsetHours = utcOffsetHours
    }
}

/// A thumbnail test with the truth that its report should find: the share of exposed viewers of each variant who play within
/// 30 minutes (and watch two minutes or more).
package struct PlantedTest: Sendable, Equatable {
    package var test: ThumbnailTest
    /// By variant, 0…1.
    package var winRates: [Double]

    /// The control wins at `controlRate`, variant v at `controlRate` × `multipliers[v]`; multipliers that are not given are 1.
    package init(test: ThumbnailTest, controlRate: Double = 0.2, multipliers: [Double] = [1, 1.5, 1.2]) {
        self.test = test
        winRates = test.variants.indices.map { min(1, controlRate * ($0 < multipliers.count ? multipliers[$0] : 1)) }
    }
}

/// From `start` on, viewers of the region choose the title `factor` times as often.
package struct PlantedTrend: Sendable, Equatable, Codable {
    /// The title's id.
    package var title: String
    /// The region's code.
    package var region: String
    /// Milliseconds since 1970.
    package var start: Int64
    package var factor: Double

    package init(title: TitleID, region: String, start: Int64, factor: Double) {
        self.title = title.description
        self.region = region
        self.start = start
        self.factor = factor
    }
}
