import EventLog
package import Events
import FeatureStore
import Features
import Foundation
import Home
import Jobs
package import Logging

/// Builds the features of a namespace anew from the log's past, with the operators and commits that the jobs use (DESIGN §6). Nothing is
/// emitted. Where it is ended, however, the same command goes on from the markers.
package final class Replay {
    package struct Plan: Sendable {
        package var namespace: String
        /// Append times, milliseconds; nil: from the log's beginning, to its present end and on.
        package var since: Int64?
        package var until: Int64?
        package var topics: [Topic] = Topic.allCases.filter(\.hasJob)
        /// Reads from the archive what it holds, and from the log only what follows; otherwise from the log what it still holds.
        package var prefersArchive = false
        /// False where whoever ordered the replay makes the namespace live.
        var makesLive = true

        package init(namespace: String) { self.namespace = namespace }

        /// All topics up to now: what can serve afterwards.
        var isWhole: Bool { until == nil && topics.count == Topic.allCases.count(where: \.hasJob) }
    }

    /// Where a replay is.
    package struct Progress: Sendable {
        package var done: Int64
        package var left: Int64
        /// Records a second since the beginning.
        package var rate: Double
    }

    package struct Report: Sendable, Encodable {
        package var namespace: String
        package var state: String
        package var records: Int64
        package var applied: Int64
        package var seconds: Double
    }

    /// How long a job may wait for what does not come.
    private static let patience = Duration.seconds(60)

    private let parts: Parts
    private let connection: StoreConnection

    private let plan: Plan

    package convenience init(_ plan: Plan, configuration: Configuration, logger: Logger) async throws {
        try await self.init(plan, configuration: configuration, lease: nil, logger: logger)
    }

    /// `lease`: the caller's hold on the log.
    init(_ plan: Plan, configuration: Configuration, lease: LogLease?, logger: Logger) async throws {
        self.plan = plan
        guard configuration.archives || !plan.prefersArchive else {
            throw NamespaceError("nothing is archived here (`archive: off`); replay --from log")
        }
        parts = try await Parts.attached(to: configuration, prefersArchive: plan.prefersArchive, lease: lease, logger: logger)
        connection = try parts.connect()
    }

    /// CPU time of its jobs, by what they did.
    var stages: StageClock { parts.stages }

    package func close() async { await parts.close() }

    /// Replays to the end of the plan; a whole one is fed by the service's jobs from then on.
    package func run(progress: (Progress) -> Void) async throws -> Report {
        let entry = try await begin(plan)
        let stops = try await stops(plan)
        let jobs = plan.topics.map { topic in
            parts.board.update(plan.namespace, topic) { $0.lag = .max }
            return JobService(setup(topic, plan, entry, stops?[topic]))
        }
        let started = ContinuousClock.now
        let report = try await withThrowingTaskGroup(of: Void.self) { group in
            for job in jobs { group.addTask { await job.run() } }
            defer { for job in jobs { job.stop() } }
            let before = received(plan)
            var isOver = false
            var (reached, reachedAt) = (before, started)
            while !isOver {
                try await Task.sleep(for: .milliseconds(100))
                let statuses = parts.board.jobs(of: plan.namespace)
                for (topic, status) in statuses {
                    if case .stopped(let reason) = status.state { throw NamespaceError("\(topic.name): \(reason)") }
                }
                // A job says how much it has to read once it has its partitions.
                let lags = statuses.map(\.status.lag)
                let left = lags.contains(.max) ? nil : lags.reduce(0, +)
                let done = received(plan)
                let seconds = (ContinuousClock.now - started) / .seconds(1)
                if done != reached { (reached, reachedAt) = (done, .now) }
                if ContinuousClock.now - reachedAt > Replay.patience,
                    let (topic, reason) = statuses.compactMap({ topic, status in
                        if case .waiting = status.state { status.state.reason.map { (topic, $0) } } else { nil }
                    }).first
                {
                    throw NamespaceError(
                        "\(topic.name): \(reason); nothing has come of it for \(Replay.patience.components.seconds) s. Mend that and give the command "
                            + "again: it goes on where it was")
                }
                if let left { progress(Progress(done: done, left: left, rate: Double(done - before) / max(seconds, 0.001))) }
                isOver = stops == nil ? left == 0 : jobs.allSatisfy(\.hasEnded)
            }
            for job in jobs { job.stop() }
            try await group.waitForAll()
            let applied = parts.board.jobs(of: plan.namespace).reduce(0) { $0 + $1.status.ledger.applied }
            return Report(
                namespace: plan.namespace, state: (plan.isWhole ? NamespaceRegistry.State.live : .partial).rawValue,
                records: received(plan) - before, applied: applied, seconds: (ContinuousClock.now - started) / .seconds(1))
        }
        if plan.makesLive {
            try connection.set(
                .init(state: plan.isWhole ? .live : .partial, origins: entry.origins, definition: entry.definition), of: plan.namespace)
        }
        return report
    }

    private func received(_ plan: Plan) -> Int64 {
        parts.board.jobs(of: plan.namespace).reduce(0) { $0 + $1.status.ledger.received }
    }

    /// Notes the namespace as one that is being built; one that was begun before goes on.
    private func begin(_ plan: Plan) async throws -> NamespaceRegistry.Entry {
        guard Keys.isValid(namespace: plan.namespace) else {
            throw NamespaceError("'\(plan.namespace)' is no name for a namespace: use 1 to 32 of a–z, 0–9, '-' and '_'")
        }
        let registry = try connection.namespaceRegistry(parts)
        if let entry = registry.entries[plan.namespace] {
            guard entry.state == .building else {
                throw NamespaceError(
                    "the namespace '\(plan.namespace)' exists and is \(entry.state.rawValue); choose another name, or drop it first "
                        + "(`recs namespace drop \(plan.namespace)`)")
            }
            return entry
        }
        if plan.since == nil { try await expectAllRecords(plan) }
        var origins = ReadToken()
        if let since = plan.since {
            for topic in plan.topics {
                for (partition, offset) in try await parts.foundations.log.offsets(topic, atOrAfter: since) {
                    origins.add(topic: topic, partition: partition, offset: offset)
                }
            }
        }
        // The catalogue, weights and code of now, from the first event on; live namespaces are not told.
        let definition = try parts.definitions.store(
            Definition(version: 0, settings: parts.configuration.jobs, catalog: parts.catalogs.current), at: wallClockMilliseconds())
        let entry = NamespaceRegistry.Entry(state: .building, origins: origins.text, definition: definition)
        try connection.set(entry, of: plan.namespace)
        return entry
    }

    /// Of our own log nothing goes but what the archive has: features built anew without it would be other ones.
    private func expectAllRecords(_ plan: Plan) async throws {
        guard parts.configuration.log == "embedded" else { return }
        for topic in plan.topics {
            for range in try await parts.foundations.log.ranges(topic) where range.passingLeaps(0) < range.start {
                throw NamespaceError(
                    "\(topic.name) partition \(range.partition): what was before offset \(range.start) is neither on the log nor in the archive: "
                        + "bring the archive back (`recs archive check` says more), or go without by naming a time with --since")
            }
        }
    }

    private func stops(_ plan: Plan) async throws -> [Topic: [Int32: Int64]]? {
        guard let until = plan.until else { return nil }
        var stops: [Topic: [Int32: Int64]] = [:]
        for topic in plan.topics { stops[topic] = try await parts.foundations.log.offsets(topic, atOrAfter: until) }
        return stops
    }

    private func setup(_ topic: Topic, _ plan: Plan, _ entry: NamespaceRegistry.Entry, _ stops: [Int32: Int64]?) -> JobSetup {
        var setup = parts.jobSetup(topic, namespace: plan.namespace, entry: entry, emits: false)
        setup.stops = stops
        // Nobody reads yet: larger commits, fewer of them.
        setup.pace = CommitPace.replaying
        setup.titleCommitInterval = CommitPace.titleBehindInterval
        return setup
    }
}

extension StoreConnection {
    /// The registry, begun with the configuration's namespace and the newest definition where there was none.
    func namespaceRegistry(_ parts: Parts) throws -> NamespaceRegistry {
        try namespaceRegistry(first: parts.configuration.namespace, definition: parts.definitions.newestAnnounced)
    }
}

extension Parts {
    /// The parts of a tool that works beside a service: its log, its control store, its Redis; none is started.
    static func attached(
        to configuration: Configuration, prefersArchive: Bool = false, lease: LogLease? = nil, logger: Logger
    ) async throws -> Parts {
        let resources = try Resources()
        let control = try ControlStore(folder: configuration.dataFolder)
        let foundations = try await Foundations.open(
            configuration, resources: resources, prefersArchive: prefersArchive, lease: lease, logger: logger)
        return try Parts(
            configuration: configuration, foundations: foundations, control: control, catalogs: try CatalogStore(control: control),
            definitions: DefinitionStore(control: control), address: configuration.storeAddress(),
            model: try RankerModel(json: resources.rankerModel()), logger: logger)
    }

    /// A tool's connection to the features; where these are in the service's own Redis, the error says that it has to run.
    func connect() throws(StoreError) -> StoreConnection {
        do {
            return try StoreConnection(address)
        } catch {
            guard error.kind == .unavailable, configuration.redis == nil else { throw error }
            let advice = "the service's own Redis runs while the service does: start `recs serve` on \(configuration.dataFolder)"
            throw StoreError(.unavailable, "\(error.description); \(advice)")
        }
    }
}
