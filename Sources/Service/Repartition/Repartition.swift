import EventLog
import Events
import FeatureStore
import Features
import Foundation
package import Logging

/// Changes the partition count of all topics of an embedded log (DESIGN §4: a count cannot be changed in place, as a viewer's events are in
/// order within one partition only): the jobs take in all that is on the log, the log is written anew, features are built from it in a new
/// namespace, and both take the old ones' place together.
///
/// The decisive step is one rename: of the plan that says `decided`. Ended before it, by whatever, the old log is the one in use and the same
/// command goes on; ended behind it, nothing opens the log until the same command has finished.
package struct Repartition: Sendable {
    package struct Report: Sendable, Encodable {
        package var namespace: String
        package var oldPartitions: Int
        package var partitions: Int
        package var records: Int64
        /// Where the old log and archive are kept.
        package var retired: String
        package var seconds: Double
    }

    package static let partitionCounts = 1...4096

    private let configuration: Configuration
    private let partitions: Int
    private let namespace: String
    private let logger: Logger
    private let folder: RepartitionFolder

    package init(partitions: Int, into namespace: String, configuration: Configuration, logger: Logger) throws(RepartitionError) {
        guard configuration.log == "embedded" else {
            throw RepartitionError(
                "the log is \(configuration.log): Kafka can add partitions to a topic, but a viewer's later events would then stand in another "
                    + "partition than the earlier ones, and nothing would keep their order. Make topics with the new number on another cluster "
                    + "(or under another prefix), copy all records to them by key in order of time (stop the producers, then MirrorMaker or "
                    + "a consumer that produces them again), point producers and recs there with a Redis of its own, and let the jobs build the "
                    + "features from the beginning")
        }
        folder = RepartitionFolder(dataFolder: configuration.dataFolder)
        // A run that was cut short may have moved the old log and not yet the new one.
        guard [folder.logFolder, folder.workFolder].contains(where: FileManager.default.fileExists(atPath:)) else {
            throw RepartitionError("there is no log in \(configuration.dataFolder); name the data folder with --data")
        }
        guard Repartition.partitionCounts.contains(partitions) else {
            throw RepartitionError("\(partitions) partitions are not possible; use 1 to \(Repartition.partitionCounts.upperBound)")
        }
        guard Keys.isValid(namespace: namespace) else {
            throw RepartitionError("'\(namespace)' is no name for a namespace: use 1 to 32 of a–z, 0–9, '-' and '_'")
        }
        self.configuration = configuration
        self.partitions = partitions
        self.namespace = namespace
        self.logger = logger
    }

    /// Does it, or what is left of it. Needs the data folder for itself.
    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> Report {
        let started = ContinuousClock.now
        let lease = try LogLease(alone: configuration.dataFolder)
        let redis = configuration.redis == nil ? try RedisServer(folder: configuration.redisFolder) : nil
        defer { redis?.stop() }
        let found = try folder.plan()
        let retired = try folder.retiredPlan()
        let plan: RepartitionPlan
        if let begun = found, begun.phase == .decided {
            try require(begun, "a repartition was cut short while it put the new log in place; finish it first: \(begun.command)")
            plan = begun
            try await putInUse(plan, isResumed: true, lease, progress)
        } else if let retired {
            try require(
                retired,
                "the log of before the last repartition is kept in \(folder.retiredFolder); when nobody needs it any more, remove it first: "
                    + "recs repartition --drop-old")
            plan = retired
            try await putInUse(plan, isResumed: true, lease, progress)
        } else {
            plan = try await build(found, lease, progress)
            try await putInUse(plan, isResumed: false, lease, progress)
        }
        // Redis writes its file before it ends: what it was told is on disk before the plan is put aside.
        redis?.stop()
        if try folder.plan() != nil { try folder.complete() }
        return Report(
            namespace: namespace, oldPartitions: plan.oldPartitions, partitions: partitions,
            records: plan.topics.reduce(0) { $0 + $1.recordCount }, retired: folder.retiredFolder,
            seconds: (ContinuousClock.now - started) / .seconds(1))
    }

    private func require(_ plan: RepartitionPlan, _ otherwise: String) throws(RepartitionError) {
        guard plan.partitions == partitions, plan.namespace == namespace else { throw RepartitionError(otherwise) }
    }

    // MARK: Beside the old log

    /// Drains, rewrites and replays, up to the decision.
    private func build(
        _ found: RepartitionPlan?, _ lease: LogLease, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> RepartitionPlan {
        var settings = configuration
        settings.partitionCount = try oldPartitionCount()
        guard settings.partitionCount != partitions else {
            throw RepartitionError("the log in \(configuration.dataFolder) has \(partitions) partitions already; nothing to do")
        }
        let parts = try await Parts.attached(to: settings, lease: lease, logger: logger)
        var plan: RepartitionPlan
        do {
            plan = try await rewritten(found, parts, progress)
        } catch {
            await parts.close()
            throw error
        }
        await parts.close()
        Failpoint.afterRewrite.pass()
        try await rebuild(at: folder.newLogFolder, lease, progress)
        Failpoint.afterRebuild.pass()
        plan.phase = .decided
        try folder.write(plan)
        Failpoint.afterDecision.pass()
        return plan
    }

    private func oldPartitionCount() throws -> Int {
        guard let contents = try LogSnapshot.contents(of: .play, in: configuration.logFolder) else {
            throw RepartitionError("there is no log in \(configuration.dataFolder); name the data folder with --data")
        }
        return contents.description.partitions
    }

    private func rewritten(
        _ found: RepartitionPlan?, _ parts: Parts, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> RepartitionPlan {
        let connection = try StoreConnection(parts.address)
        let registry = try connection.namespaceRegistry(parts)
        guard registry.serving != namespace else { throw RepartitionError("'\(namespace)' serves; name a new namespace with --into") }
        if let entry = registry.entries[namespace], found?.namespace != namespace {
            throw RepartitionError("the namespace '\(namespace)' exists and is \(entry.state.rawValue); name a new one with --into")
        }
        try await Drain(
            parts: parts, namespace: registry.serving, entry: registry.entries[registry.serving] ?? .init(state: .live, definition: 0)
        )
        .run(progress)
        let rewrite = LogRewritePass(parts: parts, folder: folder, partitions: partitions, namespace: namespace)
        if let found, found.phase == .rewritten, found.partitions == partitions, found.namespace == namespace,
            try rewrite.isCurrent(found)
        {
            return found
        }
        // What was begun before, for this target or another one, is worth nothing.
        if let begun = found?.namespace, registry.entries[begun]?.state == .building {
            try connection.dropNamespace(Keys(namespace: begun, bucketsPerPartition: configuration.bucketsPerPartition))
            try connection.set(nil, of: begun)
        }
        return try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Result { try rewrite.run(progress) }) }
            thread.name = "rewrite"
            thread.stackSize = 4 << 20
            thread.start()
        }
    }

    /// Builds the features of the new log, which stands at `logFolder`; goes on where an earlier run ended.
    private func rebuild(at logFolder: String, _ lease: LogLease, _ progress: @Sendable (String) -> Void) async throws {
        var settings = configuration
        settings.partitionCount = partitions
        settings.embeddedLogFolder = logFolder
        settings.archives = false
        var plan = Replay.Plan(namespace: namespace)
        plan.makesLive = false
        let replay = try await Replay(plan, configuration: settings, lease: lease, logger: logger)
        do {
            _ = try await replay.run { progress("building features: \($0.done) events, \($0.left) to go") }
        } catch {
            await replay.close()
            throw error
        }
        await replay.close()
    }

    // MARK: In the old log's place

    /// Makes the new log and its features the ones in use; does only what has not been done yet.
    private func putInUse(
        _ plan: RepartitionPlan, isResumed: Bool, _ lease: LogLease, _ progress: @Sendable (String) -> Void
    ) async throws {
        progress("putting the new log in place")
        try folder.putNewLogInPlace()
        Failpoint.afterNewLogMoved.pass()
        let connection = try StoreConnection(configuration.storeAddress())
        let registry = try connection.namespaceRegistry(first: configuration.namespace, definition: 0)
        if registry.serving != namespace {
            // A Redis that came back with a part of its past lacks some of what was built.
            if isResumed { try await rebuild(at: folder.logFolder, lease, progress) }
            guard var entry = try connection.namespaceRegistry(first: configuration.namespace, definition: 0).entries[namespace] else {
                throw RepartitionError("the features in '\(namespace)' are gone; run the same command again")
            }
            entry.state = .live
            entry.handover = plan.handoverText
            guard try connection.switchServing(from: registry.serving, to: namespace, entry) else {
                throw RepartitionError("somebody else moved serving meanwhile; run the same command again")
            }
        }
        for (name, entry) in registry.entries where name != namespace && entry.state != .dropping && entry.state != .retired {
            try connection.set(
                .init(state: .retired, origins: entry.origins, handover: entry.handover, definition: entry.definition), of: name)
        }
        try RedriveTable(control: try ControlStore(folder: configuration.dataFolder)).carryOver(plan)
        Failpoint.afterServingMoved.pass()
    }
}
