import Catalog
import EventLog
import Events
import FeatureStore
import Features
import Foundation
import Home
import Jobs
import Logging
import NIOCore
import ServiceLifecycle

/// A log, a Redis and the jobs between them, with simulated traffic: what the benchmarks of the stream are played on.
struct StreamScene {
    let configuration: Configuration
    let parts: Parts
    let redis: RedisServer
    let broker: BrokerChild?
    /// Set to the events' arrival while the log is filled; nil where they are appended as of now.
    let logClock: LogClock?
    let progress: @Sendable (String) -> Void

    /// How the scene's Redis differs from a service's: a rewrite in the middle would take from the file what was appended, and its child's CPU is
    /// not Redis' own, so bytes and CPU an event are those of appending alone.
    static let redisSetting = "append-only file not rewritten"

    /// What was sent, to check against.
    struct Sent {
        var truth: SimulationTruth.Counts
        var events: Int
        /// Filling the log.
        var run: BenchReport.Run
    }

    /// Lends a scene in a folder of its own to `body`. `log`: `embedded`, `kafka` (a mock cluster in a process of its own) or `kafka://HOST:PORT`.
    /// `logClock`, for the embedded log alone, gives its records their append times. The catalogue has `titleCount` invented titles.
    static func with<Value>(
        log: String, partitionCount: Int = Configuration().partitionCount, titleCount: Int, logClock: LogClock? = nil, logger: Logger,
        progress: @escaping @Sendable (String) -> Void,
        _ body: (StreamScene) async throws -> Value
    ) async throws -> Value {
        let folder = try BenchFolder()
        defer { folder.remove() }
        let broker = log == "kafka" ? try BrokerChild(partitionCount: partitionCount) : nil
        var configuration = Configuration()
        configuration.dataFolder = folder.path
        configuration.partitionCount = partitionCount
        configuration.log = broker.map { "kafka://\($0.bootstrap)" } ?? log
        configuration.kafkaAssignmentStrategy = "range"
        let (redis, running) = try Leftover.redis(in: folder)
        defer { running.remove() }
        try stopRewriting(redis)
        let catalog = try BenchCatalog.document(titleCount: titleCount, seed: 1, newest: wallClockMilliseconds())
        let parts = try await parts(configuration, catalog, redis, logClock, logger)
        let scene = StreamScene(
            configuration: configuration, parts: parts, redis: redis, broker: broker, logClock: logClock, progress: progress)
        do {
            let value = try await body(scene)
            await parts.close()
            return value
        } catch {
            await parts.close()
            throw error
        }
    }

    private static func parts(
        _ configuration: Configuration, _ catalog: CatalogDocument, _ redis: RedisServer, _ logClock: LogClock?, _ logger: Logger
    ) async throws -> Parts {
        let resources = try Resources()
        let control = try ControlStore(folder: configuration.dataFolder)
        let foundations = try await Foundations.open(
            configuration, resources: resources, clock: { logClock?.now ?? wallClockMilliseconds() }, logger: logger)
        let catalogs = try CatalogStore(control: control)
        _ = try catalogs.apply(catalog, withdrawsOthers: false)
        let definitions = DefinitionStore(control: control)
        _ = try definitions.store(
            Definition(version: 0, settings: configuration.jobs, catalog: catalogs.current), at: wallClockMilliseconds())
        return try Parts(
            configuration: configuration, foundations: foundations, control: control, catalogs: catalogs, definitions: definitions,
            address: redis.address, model: RankerModel(json: resources.rankerModel()), logger: logger)
    }

    private static func stopRewriting(_ redis: RedisServer) throws {
        guard case .unix(let path) = redis.address.endpoint else { preconditionFailure("a Redis of our own listens on a socket") }
        let command = ["redis-cli", "-s", path, "CONFIG", "SET", "auto-aof-rewrite-percentage", "0"]
        guard BenchMachine.firstLine(of: command) == "OK" else {
            throw StoreError(
                .notInstalled,
                "cannot have Redis leave its append-only file alone: '\(command.joined(separator: " "))' fails; is redis-cli there?")
        }
    }

    /// Where the Kafka log is; nil for the embedded one.
    var kafkaBootstrap: String? {
        configuration.log.hasPrefix("kafka://") ? String(configuration.log.dropFirst("kafka://".count)) : nil
    }

    func meter() -> Meter { Meter(beside: [("Redis", redis.processID), ("broker", broker?.pid)]) }

    /// CPU seconds of the scene's jobs so far, by stage.
    var stages: [BenchReport.Share] { BenchReport.shares(parts.stages) }

    // MARK: Filling

    /// Puts simulated traffic of the last seven days on the log, in which every viewer comes at least once.
    func fill(events eventCount: Int, users userCount: Int, seed: UInt64) async throws -> Sent {
        var settings = SimulationSettings(
            userCount: userCount, eventCount: eventCount, seed: seed, endTime: wallClockMilliseconds())
        settings.days = 7
        settings.everyoneComes = true
        var simulator = ViewerSimulator(catalog: parts.catalogs.current, settings: settings)
        let meter = meter()
        var sent = 0
        var bytes: [UInt8] = []
        while true {
            bytes.removeAll(keepingCapacity: true)
            let count = simulator.next(5000, into: &bytes)
            if count == 0 { break }
            logClock?.set(simulator.arrival)
            for result in try await parts.gateway.capture(ByteBuffer(bytes: bytes), format: .ndjson, now: wallClockMilliseconds()) {
                guard case .accepted = result else { throw LogError(.invalid, "the benchmark's event was not accepted: \(result)") }
            }
            sent += count
            progress("\(sent) of \(eventCount) events on the log")
        }
        let run = meter.run(count: sent)
        try simulator.expectEveryone()
        try await expectOnLog(sent)
        return Sent(truth: simulator.truth.counts, events: sent, run: run)
    }

    /// The mock cluster drops the oldest records of a full partition, and tells nobody.
    private func expectOnLog(_ count: Int) async throws {
        var held = 0
        for topic in Topic.allCases where topic.acceptsEvents { held += try await recordCount(topic) }
        guard held == count else {
            throw LogError(
                .mismatch,
                "\(count) events were sent and the log holds \(held): a broker must be empty before each run, and the mock cluster keeps 5 MB of a "
                    + "partition (fewer --events or more --users leave it room)")
        }
    }

    /// Records that the log holds of a topic now.
    func recordCount(_ topic: Topic) async throws -> Int {
        Int(try await parts.foundations.bareLog.ranges(topic).reduce(0) { $0 + $1.end - $1.start })
    }

    // MARK: Working off

    /// Runs the jobs until so many events are in the features. `look` is called some times a second meanwhile. `cachedUserCountMax`: another bound
    /// of what a job holds than a service's.
    func work(off events: Int, cachedUserCountMax: Int? = nil, look: () -> Void = {}) async throws {
        let topics = Topic.allCases.filter(\.hasJob)
        let namespace = parts.keys.namespace
        let jobs = topics.map { topic in
            var setup = parts.jobSetup(topic, namespace: namespace, entry: .init(state: .live, definition: 0), emits: true)
            setup.cachedUserCountMax = cachedUserCountMax ?? setup.cachedUserCountMax
            return JobService(setup)
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for job in jobs { tasks.addTask { await job.run() } }
            defer { for job in jobs { job.stop() } }
            for tick in 0... {
                try await Task.sleep(for: .milliseconds(20))
                if tick % 10 == 0 { look() }
                let statuses = parts.board.jobs(of: parts.keys.namespace)
                if let stopped = statuses.first(where: { if case .stopped = $0.status.state { true } else { false } }) {
                    throw JobHalt("\(stopped.topic.name): \(stopped.status.state.reason ?? "")")
                }
                let received = statuses.filter { $0.topic != .attribution }.reduce(0) { $0 + $1.status.ledger.received }
                progress("\(received) of \(events) events in the features")
                if received >= events { break }
            }
            look()
        }
    }

    /// Every event counted once, each kind as the simulator knows it.
    func check(_ sent: Sent) -> [String] {
        var sum = Ledger()
        for (topic, status) in parts.board.jobs(of: parts.keys.namespace) where topic != .attribution { sum = sum + status.ledger }
        var faults: [String] = []
        if sum.received != sent.events { faults.append("received \(sum.received), sent \(sent.events)") }
        let accounted = sum.applied + sum.duplicates + sum.filtered + sum.deadLettered
        if accounted != sum.received { faults.append("the ledger's kinds add up to \(accounted), not \(sum.received)") }
        if sum.deadLettered != 0 { faults.append("\(sum.deadLettered) dead letters") }
        if sum.applied != sent.truth.distinct - sent.truth.bots {
            faults.append("applied \(sum.applied), distinct events of people \(sent.truth.distinct - sent.truth.bots)")
        }
        return faults
    }

    /// A number of Redis' own `INFO`.
    func redisInfo(_ field: String) throws -> Int64 {
        try StoreConnection(redis.address).infos()[0][field].flatMap { Int64($0) } ?? 0
    }
}
