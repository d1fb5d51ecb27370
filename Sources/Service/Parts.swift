import EventLog
import Events
import FeatureStore
import Features
import Home
import Jobs
import Logging

/// The long-lived parts of a process, made once and handed to services and routes.
struct Parts: Sendable {
    let configuration: Configuration
    let foundations: Foundations
    let control: ControlStore
    let catalogs: CatalogStore
    let definitions: DefinitionStore
    let address: StoreAddress
    let keys: Keys
    let board = JobBoard()
    let namespaces: NamespaceWatch
    let metrics = Metrics()
    let stages = StageClock()
    let gateway: Gateway
    let viewers: ViewerReader
    let limits: ProfileLimits
    let published: PublishedBox
    let assignments: AssignmentLog
    let snapshots: SnapshotService
    let home: HomeService
    let winners: WinnerBoard
    let signals: SignalFeed
    let logger: Logger

    init(
        configuration: Configuration, foundations: Foundations, control: ControlStore, catalogs: CatalogStore, definitions: DefinitionStore,
        address: StoreAddress, model: RankerModel, logger: Logger
    ) throws {
        self.configuration = configuration
        self.foundations = foundations
        self.control = control
        self.catalogs = catalogs
        self.definitions = definitions
        self.address = address
        self.logger = logger
        let route = StoreRoute(address)
        let keys = Keys(namespace: configuration.namespace, bucketsPerPartition: configuration.bucketsPerPartition)
        self.keys = keys
        namespaces = NamespaceWatch(
            address: address, first: configuration.namespace, definition: try definitions.newestAnnounced, logger: logger)
        var limits = GatewayLimits()
        limits.eventCountMax = configuration.eventsPerRequestMax
        gateway = Gateway(
            log: foundations.log,
            encoder: GatewayEncoder(schemas: foundations.schemas, schemaIDs: foundations.schemaIDs, limits: limits), metrics: metrics,
            logger: logger)
        viewers = ViewerReader(
            reader: StoreReader(route, deferral: afterTurn), keys: keys, partitionCount: foundations.partitionCount,
            lostOffsets: foundations.lostOffsets)
        self.limits = try ProfileLimits(control: control)
        published = PublishedBox(catalog: catalogs.current, model: model, keys: keys)
        assignments = AssignmentLog(log: foundations.log, writer: foundations.writer, metrics: metrics, logger: logger)
        let topics = Topic.allCases.filter(\.hasJob).map(\.key)
        let partitions = Int32(foundations.partitionCount)
        winners = WinnerBoard(tests: configuration.jobs.tests)
        snapshots = SnapshotService(
            makeFeed: { TitleFeed(route, keys: $0, topics: topics, partitionCount: partitions) }, namespaces: namespaces,
            catalogs: catalogs, limits: self.limits, published: published, winners: winners, logger: logger)
        home = HomeService(
            viewers: viewers, published: published, limits: self.limits, assignments: assignments, tests: configuration.jobs.tests,
            winners: winners)
        signals = SignalFeed(route, keys: keys)
    }

    /// A topic's job for a namespace; `emits` where it serves.
    func jobSetup(_ topic: Topic, namespace: String, entry: NamespaceRegistry.Entry, emits: Bool) -> JobSetup {
        let address = address
        let keys = Keys(namespace: namespace, bucketsPerPartition: configuration.bucketsPerPartition)
        var pace = CommitPace(interval: .milliseconds(configuration.commitIntervalMilliseconds))
        // A player waits for signals: its job commits at once, and no more rarely where it is behind.
        if topic == .quality {
            let interval = Duration.milliseconds(min(10, configuration.commitIntervalMilliseconds))
            pace = CommitPace(interval: interval, behind: interval)
        }
        var setup = JobSetup(
            topic: topic, namespace: namespace, group: "recs-\(namespace)-\(topic.key)", generation: foundations.generations[topic] ?? 0,
            log: foundations.log, registry: foundations.registry, decoder: EventDecoder(schemas: foundations.schemas),
            definitions: definitions, firstDefinition: entry.definition, writer: foundations.writer, board: board, logger: logger,
            makeStore: { () throws(StoreError) -> JobStore in try JobStore(address: address, keys: keys, topic: topic) },
            stages: stages, pace: pace,
            titleCommitInterval: .milliseconds(configuration.titleCommitIntervalMilliseconds))
        setup.emits = emits
        setup.isFed = !emits && entry.state == .live
        if !entry.handover.isEmpty { setup.handover = ReadToken(text: entry.handover)?.offsets[topic] ?? [:] }
        setup.origins = ReadToken(text: entry.origins)?.offsets[topic] ?? [:]
        return setup
    }

    /// A topic's archive job.
    func archiveSetup(_ topic: Topic) -> ArchiveSetup {
        let residues = ArchiveResidues(
            registry: foundations.registry, schemas: foundations.schemas, writer: foundations.writer, definitions: definitions,
            bucketsPerPartition: configuration.bucketsPerPartition
        ) { [namespaces] in
            guard namespaces.isKnown else { return nil }
            let registry = namespaces.current
            return registry.entries[registry.serving]?.definition ?? 0
        }
        return ArchiveSetup(
            archive: Archive(folder: configuration.archiveFolder),
            topic: TopicDescription(topic: topic, partitions: foundations.partitionCount, generation: foundations.generations[topic] ?? 0),
            log: foundations.bareLog,
            hasOffsetGaps: configuration.log.hasPrefix("kafka://") || foundations.lostOffsets.concern(topic), residues: residues,
            metrics: metrics, logger: logger)
    }

    /// After the services have stopped.
    func close() async {
        viewers.reader.stop()
        signals.stop()
        await foundations.log.close()
    }
}
