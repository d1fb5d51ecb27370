import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// Looks at the service once a second: memory of its processes, lag, what was let in.
final class SoakWatch: Sendable {
    /// One look.
    struct Sample: Sendable {
        /// Since the flood began.
        var seconds: Double
        /// Resident bytes.
        var serviceBytes: Int64
        var redisBytes: Int64
        /// Records that are not in the features yet.
        var lag: Int64
        /// Answers with 503 so far.
        var shedCount: Int
        var hindrance: SoakHindrance.Kind
    }

    /// What a job says of itself at `/v1/status`.
    struct Job: Decodable {
        var topic: String
        var lag: Int64
        var received: Int64
        var applied: Int64
        var duplicate: Int64
        var filtered: Int64
        var deadLettered: Int64

        /// True where every event that came has become one thing.
        var addsUp: Bool { applied + duplicate + filtered + deadLettered == received }

        enum CodingKeys: String, CodingKey {
            case topic, lag, received, applied, duplicate, filtered
            case deadLettered = "dead_lettered"
        }
    }

    private static let period = Duration.seconds(1)

    private let client: RecsClient
    private let service: Int32
    private let redis: Int32
    private let started = ContinuousClock.now
    private let box = NIOLockedValueBox<(samples: [Sample], hindrance: SoakHindrance.Kind)>(([], .none))

    init(client: RecsClient, service: Int32, redis: Int32) {
        self.client = client
        self.service = service
        self.redis = redis
    }

    var samples: [Sample] { box.withLockedValue { $0.samples } }

    /// Notes what is in the service's way from now on.
    func note(_ hindrance: SoakHindrance.Kind) { box.withLockedValue { $0.hindrance = hindrance } }

    /// The jobs of the topics that clients post to.
    func jobs() async throws -> [Job] {
        struct Status: Decodable { var jobs: [Job] }
        let answer = try await client.get("/v1/status")
        guard answer.isSuccess else { throw RecsClient.error(answer, doing: "reading the status") }
        let status = try JSONDecoder().decode(Status.self, from: Data(answer.body.readableBytesView))
        return status.jobs.filter { $0.topic != "attribution_events" }
    }

    /// Looks until the task is cancelled.
    func run(_ counts: SoakCounts, progress: (Sample) -> Void) async throws {
        while !Task.isCancelled {
            let lag = try await jobs().reduce(0) { $0 + $1.lag }
            let sample = Sample(
                seconds: (ContinuousClock.now - started) / .seconds(1), serviceBytes: ProcessTimes.residentByteCount(of: service),
                redisBytes: ProcessTimes.residentByteCount(of: redis), lag: lag, shedCount: counts.current.shed,
                hindrance: box.withLockedValue { $0.hindrance })
            box.withLockedValue { $0.samples.append(sample) }
            progress(sample)
            try await Task.sleep(for: Self.period)
        }
    }
}
