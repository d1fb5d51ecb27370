import EventLog
import Events
import FeatureStore

/// Runs the jobs of the namespace that serves until all that is on the log is in its features, and all that follows from it (forwards, dead
/// letters, signals) has been emitted and, where it is on the log itself, been taken in.
struct Drain {
    let parts: Parts
    let namespace: String
    let entry: NamespaceRegistry.Entry

    func run(_ progress: (String) -> Void) async throws {
        var stops: [Topic: [Int32: Int64]] = [:]
        // What a round emits may be new to a job that had ended; the round in which nobody adds anything is the last.
        while true {
            let ends = try await ends()
            if ends == stops { return }
            stops = ends
            try await round(stops, progress)
        }
    }

    private func ends() async throws -> [Topic: [Int32: Int64]] {
        var ends: [Topic: [Int32: Int64]] = [:]
        for topic in Topic.allCases where topic.hasJob {
            for range in try await parts.foundations.log.ranges(topic) { ends[topic, default: [:]][range.partition] = range.end }
        }
        return ends
    }

    private func round(_ stops: [Topic: [Int32: Int64]], _ progress: (String) -> Void) async throws {
        let jobs = stops.map { topic, stops in
            var setup = parts.jobSetup(topic, namespace: namespace, entry: entry, emits: true)
            setup.stops = stops
            return JobService(setup)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for job in jobs { group.addTask { await job.run() } }
            defer { for job in jobs { job.stop() } }
            while !jobs.allSatisfy(\.hasEnded) {
                try await Task.sleep(for: .milliseconds(20))
                let statuses = parts.board.jobs(of: namespace)
                for (topic, status) in statuses {
                    if case .stopped(let reason) = status.state { throw RepartitionError("\(topic.name): \(reason)") }
                }
                progress("taking in what is on the log: \(statuses.reduce(0) { $0 + $1.status.lag }) records left")
            }
        }
    }
}
