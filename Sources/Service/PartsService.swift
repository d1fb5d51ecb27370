import Catalog
import EventLog
import Events
import Experiments
import FeatureStore
import Features
import Home
import Hummingbird
import Jobs
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import ServiceLifecycle

/// Makes the parts of a process once what they stand on can be reached, and runs the services that work with them.
struct PartsService: Service {
    let configuration: Configuration
    let role: RecsServer.Role
    let resources: Resources
    let control: ControlStore
    let front: FrontResponder
    let logger: Logger
    let whenListening: @Sendable (Int) -> Void

    func run() async throws {
        guard let (port, services) = try await startedOnWholeLog() else { return }
        if !Task.isShuttingDownGracefully { whenListening(port) }
        try await ServiceGroup(endingTogether: services, logger: logger).run()
    }

    /// Starts, unless the log has lost records: it then goes on beyond them, once nobody has it open.
    private func startedOnWholeLog() async throws -> (port: Int, services: [any Service])? {
        do {
            return try await cancelWhenGracefulShutdown(started)
        } catch let loss as LogLoss {
            logger.error("the log has lost records", metadata: ["found": "\(loss.findings)"])
            let lease = try LogLease(alone: configuration.dataFolder)
            defer { withExtendedLifetime(lease) {} }
            try loss.leap(in: configuration.logFolder)
            throw loss
        }
    }

    /// The port that the process listens on, and its services in the order of their starting; nil where it is told to stop meanwhile.
    @Sendable private func started() async throws -> (port: Int, services: [any Service])? {
        guard let port = await front.port else { return nil }
        do {
            let foundations = try await Foundations.open(configuration, resources: resources, waiting: front.waits(for:), logger: logger)
            do {
                return (port, try await services(foundations))
            } catch {
                await foundations.log.close()
                throw error
            }
        } catch {
            if Task.isCancelled { return nil }
            throw error
        }
    }

    /// Makes the parts and hands requests to their routes.
    private func services(_ foundations: Foundations) async throws -> [any Service] {
        front.waits(for: "reading the catalogue")
        let catalogs = try await openCatalog(control, foundations)
        for test in configuration.jobs.tests {
            if let lack = test.lack(in: catalogs.current) { logger.warning("\(lack)", metadata: ["test": "\(test.id)"]) }
        }
        let definitions = DefinitionStore(control: control)
        let definition = Definition(version: 0, settings: configuration.jobs, catalog: catalogs.current)
        let version = try definitions.store(definition, at: wallClockMilliseconds())
        let runsRedis = configuration.redis == nil && role.servesAPI
        let redis = runsRedis ? try await startRedis() : nil
        // A worker without a Redis of its own uses the one that `recs serve` runs in the same data folder, and waits for it.
        let address = try redis?.address ?? configuration.storeAddress()
        let parts = try Parts(
            configuration: configuration, foundations: foundations, control: control, catalogs: catalogs, definitions: definitions,
            address: address, model: try RankerModel(json: resources.rankerModel()), logger: logger)
        if role.servesAPI, let loss = try await LogLoss.found(parts) { throw loss }
        let changes = try DefinitionService(
            definitions: definitions, version: version, catalogs: catalogs, foundations: foundations, logger: logger)
        var services: [any Service] = redis.map { [$0] } ?? []
        services += [MemoryTrimmer(), parts.namespaces, changes]
        services.append(jobs(parts))
        if !role.topics.isEmpty { services.append(LagWatch(log: parts.foundations.log, board: parts.board)) }
        services += archiveJobs(parts)
        services += retention(parts)
        services += [parts.assignments, parts.snapshots, RequestsEnd(front: front)]
        front.finish(parts, try router(parts, changes).buildResponder())
        return services
    }

    /// The catalogue; on the first start, the one that is shipped.
    private func openCatalog(_ control: ControlStore, _ foundations: Foundations) async throws -> CatalogStore {
        let catalogs = try CatalogStore(control: control)
        if catalogs.current.version == 0 {
            let diff = try catalogs.apply(CatalogDocument.parse(resources.catalog()), withdrawsOthers: false)
            logger.info("first start: took the shipped catalogue", metadata: ["titles": "\(diff.added.count)"])
            if configuration.log == "embedded", try await !foundations.hasNoRecords {
                logger.error(
                    "control.sqlite is new and the log is not: catalogue, maturity limits and definitions of before are gone; bring it back",
                    metadata: ["data": "\(configuration.dataFolder)"])
            }
        }
        return catalogs
    }

    /// Waits on a thread of its own while Redis reads its file, which may take long.
    private func startRedis() async throws -> RedisChild {
        front.waits(for: "waiting for redis-server, which reads its file")
        let isWanted = NIOLockedValueBox(true)
        return try await withTaskCancellationHandler {
            try await NIOThreadPool.singleton.runIfActive { [configuration, logger] in
                try RedisChild(folder: configuration.redisFolder, logger: logger) { isWanted.withLockedValue { $0 } }
            }
        } onCancel: {
            isWanted.withLockedValue { $0 = false }
        }
    }

    private func jobs(_ parts: Parts) -> JobFleet {
        JobFleet(topics: role.topics, namespaces: parts.namespaces, board: parts.board) { topic, namespace, entry, emits in
            parts.board.update(namespace, topic) { _ in }
            return JobService(parts.jobSetup(topic, namespace: namespace, entry: entry, emits: emits))
        }
    }

    /// One process archives a topic; others wait in case it ends.
    private func archiveJobs(_ parts: Parts) -> [any Service] {
        guard configuration.archives else { return [] }
        return role.topics.map { ArchiveService(parts.archiveSetup($0)) }
    }

    /// One process that serves bounds the embedded log; Kafka bounds itself.
    private func retention(_ parts: Parts) -> [any Service] {
        guard role.servesAPI, configuration.logRetentionDays > 0, let log = parts.foundations.bareLog as? EmbeddedLog else { return [] }
        let archive = Archive(folder: configuration.archiveFolder)
        return [LogRetention(log: log, archive: archive, days: configuration.logRetentionDays, logger: logger)]
    }

    private func router(_ parts: Parts, _ changes: DefinitionService) throws -> Router<APIContext> {
        try APIRouter(
            parts: parts, changes: changes, configuration: configuration, servesAPI: role.servesAPI, runsJobs: !role.topics.isEmpty,
            openAPI: try resources.openAPI()
        ).build()
    }
}

/// Ends requests before the parts that answer them, where one of these fails; in an orderly stop the server has ended them before.
private struct RequestsEnd: Service {
    let front: FrontResponder

    func run() async throws {
        try? await gracefulShutdown()
        front.endRequests()
    }
}
