/// What the simulation planted and what it sent, for comparison with what was learned. Ids are texts, since this is written as JSON.
package struct SimulationTruth: Sendable, Equatable, Codable {
    /// A viewer's taste and first choice.
    package struct Viewer: Sendable, Equatable, Codable {
        package var user: String
        package var region: String
        package var isBot: Bool
        /// Share of liking by genre name; adds up to 1.
        package var taste: [String: Double]
        /// The title of the first play, nil where nothing was played.
        package var firstPlay: String?
        package var firstPlayAt: Int64?
        /// Plays begun.
        package var playCount: Int
    }

    /// After watching `from` to its end, viewers often go on with `to`.
    package struct Pair: Sendable, Equatable, Codable {
        package var from: String
        package var to: String
        /// Times that it happened in the stream.
        package var followedCount: Int
    }

    /// A variant's planted rate and what chance made of it.
    package struct Arm: Sendable, Equatable, Codable {
        package var test: String
        package var title: String
        package var variant: String
        package var winRate: Double
        /// Viewers whose first impression was sent.
        package var exposedCount = 0
        /// Of these, viewers whose qualified play was sent.
        package var wonCount = 0
    }

    package var viewers: [Viewer]
    package var trends: [PlantedTrend]
    package var pairs: [Pair]
    package var arms: [Arm]
    package var counts: Counts

    /// Events sent so far.
    package struct Counts: Sendable, Equatable, Codable {
        /// All of them; `distinct` + `duplicates`.
        package var sent = 0
        package var distinct = 0
        package var duplicates = 0
        /// First sendings that came a minute or more after the event.
        package var late = 0
        /// First sendings by bots.
        package var bots = 0
        /// First sendings by `event_type`.
        package var byType: [String: Int] = [:]
    }
}
