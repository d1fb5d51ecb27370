package import Events
package import Jobs
import NIOConcurrencyHelpers

/// How one topic's job is doing.
package struct JobStatus: Sendable {
    package enum State: Sendable, Equatable {
        case starting
        case running
        /// Something is out of reach; it will try again.
        case waiting(String)
        /// It cannot go on without a person; the text says what to do.
        case stopped(String)

        package var name: String {
            switch self {
            case .starting: "starting"
            case .running: "running"
            case .waiting: "waiting"
            case .stopped: "stopped"
            }
        }

        package var reason: String? {
            switch self {
            case .starting, .running: nil
            case .waiting(let reason), .stopped(let reason): reason
            }
        }
    }

    package var state = State.starting
    package var partitions: [Int32] = []
    package var ledger = Ledger()
    /// Records on the log that are not in the features yet.
    package var lag: Int64 = 0
    /// Events a second, over the last seconds.
    package var rate = 0.0
    /// Append time of the newest record in the features, and event time of the newest applied event; 0 where there is none.
    package var logTime: Int64 = 0
    package var asOf: Int64 = 0
    package var restarts = 0
    /// Viewers whose values the job holds in memory.
    package var cachedUserCount = 0
    /// The next record to take in, by partition, and when the job has told it last; nil: not yet.
    var next: [Int32: Int64] = [:]
    var reportedAt: ContinuousClock.Instant?
    /// The newest definition in force in any of its partitions.
    package var definition: Int64 = 0
    package init() {}
}

/// The state of all jobs of this process: written by the workers, read by `recs status`, `/readyz`, `/metrics`.
package final class JobBoard: Sendable {
    private let box = NIOLockedValueBox<[String: [Topic: JobStatus]]>([:])
    package init() {}

    package func update(_ namespace: String, _ topic: Topic, _ body: (inout JobStatus) -> Void) {
        box.withLockedValue { body(&$0[namespace, default: [:]][topic, default: JobStatus()]) }
    }

    /// The jobs that feed a namespace in this process, in the order of the topics.
    package func jobs(of namespace: String) -> [(topic: Topic, status: JobStatus)] {
        let statuses = box.withLockedValue { $0[namespace] ?? [:] }
        return Topic.allCases.compactMap { topic in statuses[topic].map { (topic, $0) } }
    }

    /// The jobs that have not told for so long how far they are, though they once did, and have no end of their own.
    func silent(for duration: Duration) -> [(namespace: String, topic: Topic, status: JobStatus)] {
        let all = box.withLockedValue { $0 }
        return all.flatMap { namespace, jobs in
            jobs.compactMap { topic, status in
                guard let at = status.reportedAt, ContinuousClock.now - at > duration else { return nil }
                return (namespace, topic, status)
            }
        }
    }

    /// Sets the lag of a job that is still there and has told nothing since.
    func correct(_ lag: Int64, of namespace: String, _ topic: Topic, notToldSince at: ContinuousClock.Instant?) {
        box.withLockedValue { if $0[namespace]?[topic]?.reportedAt == at { $0[namespace]?[topic]?.lag = lag } }
    }

    /// Forgets a namespace that no job here feeds any more.
    package func forget(_ namespace: String) { box.withLockedValue { $0[namespace] = nil } }
}
