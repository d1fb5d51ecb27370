import Testing

/// The API's answers, as far as the tests look at them: every member here is one that scripts may rely on.
enum Contract {
    struct Page: Decodable, Sendable {
        struct Row: Decodable, Sendable {
            var id: String
            var title: String
            var reason: String
            var items: [Item]
        }
        var user: String
        var asOf: Int64
        var isCold: Bool
        var warnings: [String]
        var rows: [Row]

        func row(_ id: String) -> Row? { rows.first { $0.id == id } }
        var titles: Set<String> { Set(rows.flatMap(\.items).map(\.titleId)) }
    }

    struct Item: Decodable, Sendable {
        var titleId: String
        var score: Double
        var source: String
        var evidence: String
        var artworkId: String?
        var parts: [String: Double]
    }

    struct Ranking: Decodable, Sendable {
        var items: [Item]
    }

    /// What of a viewer must not depend on how their events came to be applied.
    struct Profile: Decodable, Sendable, Equatable {
        struct Play: Decodable, Sendable, Equatable {
            var titleId: String
            var at: Int64
            var watchedMs: Int64
            var fraction: Double
        }
        struct Position: Decodable, Sendable, Equatable {
            var titleId: String
            var positionMs: Int64
            var at: Int64
        }
        struct Search: Decodable, Sendable, Equatable {
            var query: String
            var clicked: String?
            var at: Int64
        }
        struct Shown: Decodable, Sendable, Equatable {
            var titleId: String
            var count: Int
        }
        struct Rating: Decodable, Sendable, Equatable {
            var titleId: String
            var rating: Double
        }
        var asOf: Int64
        var lastRegion: String
        var taste: [String: [String: Double]]
        var recentPlays: [Play]
        var positions: [Position]
        var played: [String]
        var searches: [Search]
        var shown: [Shown]
        var ratings: [Rating]
        var hidden: [String]
        var myList: [String]
    }

    struct Posted: Decodable, Sendable {
        struct Event: Decodable, Sendable {
            struct Fault: Decodable, Sendable {
                var path: String
                var code: String
                var message: String
            }
            var status: String
            var errors: [Fault]?
        }
        var accepted: Int
        var refused: Int
        var failed: Int
        var token: String?
        var events: [Event]
    }

    struct Problem: Decodable, Sendable {
        struct Fault: Decodable, Sendable {
            var path: String
            var message: String
        }
        var type: String
        var title: String
        var status: Int
        var detail: String
        var errors: [Fault]?
    }

    struct Readiness: Decodable, Sendable {
        var status: String
        var reasons: [String]
    }

    struct ServiceStatus: Decodable, Sendable {
        struct Job: Decodable, Sendable {
            var topic: String
            var state: String
            var reason: String?
            var lag: Int64
            var restarts: Int
            var definition: Int64
            var received: Int
            var applied: Int
            var duplicate: Int
            var filtered: Int
            var deadLettered: Int

            var addsUp: Bool { received == applied + duplicate + filtered + deadLettered }
        }
        struct Namespace: Decodable, Sendable {
            var namespace: String
            var state: String
            var serves: Bool
            var jobs: [Job]
        }
        var ready: Bool
        var jobs: [Job]
        var namespace: String
        var namespaces: [Namespace]

        func job(_ topic: String) -> Job? { jobs.first { $0.topic == topic } }
    }

    /// What a thumbnail test's report counts.
    struct Report: Decodable, Sendable {
        struct Variant: Decodable, Sendable {
            var variantId: String
            var exposed: Int
            var won: Int
        }
        var variants: [Variant]

        /// Viewers exposed and viewers who won, by variant.
        static func counts(_ test: String, _ server: RunningServer) async throws -> [String: [Int]] {
            let report = try await server.get("/v1/experiments/\(test)/report").decoded(Report.self)
            return Dictionary(report.variants.map { ($0.variantId, [$0.exposed, $0.won]) }) { $1 }
        }
    }

    struct Users: Decodable, Sendable {
        struct Entry: Decodable, Sendable { var user: String }
        var users: [Entry]
    }

    /// The part of the simulator's truth that the ledger is compared with.
    struct Truth: Decodable, Sendable {
        struct Viewer: Decodable, Sendable {
            var user: String
            var isBot: Bool
            var playCount: Int
        }
        struct Counts: Decodable, Sendable {
            var sent: Int
            var distinct: Int
            var duplicates: Int
            var bots: Int
        }
        var viewers: [Viewer]
        var counts: Counts
    }

    static let publicTopics = [
        "play_events", "search_events", "impression_events", "feedback_events", "quality_events", "error_events", "experiment_events",
    ]
}
