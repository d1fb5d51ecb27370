import Catalog
import EventLog
package import Events
import Experiments
import FeatureStore
import Features
import Home
import Hummingbird
import Jobs
package import Logging
import ServiceLifecycle
import UnixSignals

/// The composition root: builds a process from its parts and runs it until it is told to stop.
package struct RecsServer {
    /// What runs in this process.
    package enum Role: Sendable, Equatable {
        /// API and all jobs.
        case whole
        /// API only (`recs serve --no-jobs`).
        case api
        /// The jobs of these topics, with probes and metrics but no API (`recs work --topic T`).
        case worker([Topic])
    }

    private let configuration: Configuration
    private let role: Role
    private let logger: Logger

    package init(configuration: Configuration, role: Role, logger: Logger) {
        self.configuration = configuration
        self.role = role
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT; then stops in reverse order of starting, so that nothing under way is lost.
    /// `whenListening` is called with the port once requests are taken.
    package func run(whenListening: @escaping @Sendable (Int) -> Void) async throws {
        let resources = try Resources()
        let control = try ControlStore(folder: configuration.dataFolder)
        let foundations = try await Foundations.open(configuration, resources: resources, logger: logger)
        let catalogs = try openCatalog(control, resources)
        for test in configuration.jobs.tests {
            if let lack = test.lack(in: catalogs.current) { logger.warning("\(lack)", metadata: ["test": "\(test.id)"]) }
        }
        let definitions = DefinitionStore(control: control)
        let definition = Definition(version: 0, settings: configuration.jobs, catalog: catalogs.current)
        let version = try definitions.store(definition, at: wallClockMilliseconds())
        let runsRedis = configuration.redis == nil && role.servesAPI
        let redis = runsRedis ? try RedisChild(folder: configuration.redisFolder, logger: logger) : nil
        // A worker without a Redis of its own uses the one that `recs serve` runs in the same data folder, and waits for it.
        let address = try redis?.address ?? configuration.storeAddress()
        let parts = try Parts(
            configuration: configuration, foundations: foundations, control: control, catalogs: catalogs, definitions: definitions,
            address: address, model: try RankerModel(json: resources.rankerModel()), logger: logger)
        let changes = try DefinitionService(
            definitions: definitions, version: version, catalogs: catalogs, foundations: foundations, logger: logger)
        var services: [any Service] = redis.map { [$0] } ?? []
        services += [MemoryTrimmer(), parts.namespaces, changes]
        services.append(jobs(parts))
        if !role.topics.isEmpty { services.append(LagWatch(log: parts.foundations.log, board: parts.board)) }
        services += archiveJobs(parts)
        services += retention(parts)
        services += [parts.assignments, parts.snapshots]
        services.append(try api(parts, changes, resources, whenListening))
        services.append(SignalStreams(feed: parts.signals))
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            await parts.close()
            throw error
        }
        await parts.close()
    }

    /// The catalogue; on the first start, the one that is shipped.
    private func openCatalog(_ control: ControlStore, _ resources: Resources) throws -> CatalogStore {
        let catalogs = try CatalogStore(control: control)
        if catalogs.current.version == 0 {
            let diff = try catalogs.apply(CatalogDocument.parse(resources.catalog()), withdrawsOthers: false)
            logger.info("first start: took the shipped catalogue", metadata: ["titles": "\(diff.added.count)"])
        }
        return catalogs
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

    private func api(
        _ parts: Parts, _ changes: DefinitionService, _ resources: Resources, _ whenListening: @escaping @Sendable (Int) -> Void
    ) throws -> any Service {
        let router = APIRouter(
            parts: parts, changes: changes, configuration: configuration, servesAPI: role.servesAPI, runsJobs: !role.topics.isEmpty,
            openAPI: try resources.openAPI())
        return Application(
            router: try router.build(), server: LoopConnections.server,
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), serverName: "recs"),
            onServerRunning: { channel in whenListening(channel.localAddress?.port ?? 0) },
            logger: Logger(label: logger.label) { _ in RequestLogHandler(logger.handler) })
    }
}

extension RecsServer.Role {
    /// The topics whose jobs run here.
    var topics: [Topic] {
        switch self {
        case .whole: Topic.allCases.filter(\.hasJob)
        case .api: []
        case .worker(let topics): topics
        }
    }

    var servesAPI: Bool { if case .worker = self { false } else { true } }
}
