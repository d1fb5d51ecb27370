import Foundation

/// The service's answers, as far as the command line prints them as tables.
enum Answers {
    struct Page: Decodable {
        struct Row: Decodable {
            var id: String
            var title: String
            var reason: String
            var items: [Item]
        }
        struct Item: Decodable {
            var titleId: String
            var name: String
            var score: Double
            var source: String
            var evidence: String
            var artworkId: String?
            var progress: Double?
            var parts: [String: Double]
        }
        var user: String
        var asOf: Int64
        var region: String
        var isCold: Bool
        /// 0 before the first snapshot.
        var snapshotAt: Int64
        var warnings: [String]
        var rows: [Row]
    }

    struct Explanation: Decodable {
        struct Play: Decodable {
            var titleId: String
            var name: String?
            var at: Int64
            var fraction: Double
        }
        struct Search: Decodable {
            var query: String
            var clicked: String?
            var at: Int64
        }
        struct Rating: Decodable {
            var titleId: String
            var rating: Double
            var at: Int64
        }
        struct Place: Decodable {
            var testId: String
            var titleId: String
            var variantId: String
            var artworkId: String
            var propensity: Double
            var isLogged: Bool
        }
        struct Freshness: Decodable {
            var topic: String
            /// Nil where the job does not run now.
            var lag: Int64?
            var asOf: Int64
        }
        var user: String
        var now: Int64
        var isCold: Bool
        var asOf: Int64
        var lastRegion: String
        var maturityLimit: Int
        var taste: [String: [String: Double]]
        var recentPlays: [Play]
        var searches: [Search]
        var ratings: [Rating]
        var hidden: [String]
        var myList: [String]
        var places: [Place]
        var freshness: [Freshness]
        var page: Page
    }

    struct Status: Decodable {
        struct Job: Decodable {
            var topic: String
            var state: String
            var reason: String?
            var partitions: Int
            var eventsPerSecond: Double
            var lag: Int64
            var asOf: Int64
            var restarts: Int
            var definition: Int64
            var received: Int64
            var applied: Int64
            var duplicate: Int64
            var filtered: Int64
            var deadLettered: Int64
        }
        var ready: Bool
        var reasons: [String]
        var uptimeSeconds: Int64
        var snapshotAgeMs: Int64
        var titles: Int
        var jobs: [Job]
    }

    struct Users: Decodable {
        struct Entry: Decodable {
            var user: String
            var asOf: Int64
        }
        var users: [Entry]
    }

    struct Experiments: Decodable {
        struct Variant: Decodable {
            var variantId: String
            var artworkId: String
            var weight: Double
        }
        struct Test: Decodable {
            var testId: String
            var titleId: String
            var coverage: Double
            var problem: String?
            var variants: [Variant]
        }
        var experiments: [Test]
    }

    static func decode<T: Decodable>(_ type: T.Type, _ data: Data) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: data)
    }
}
