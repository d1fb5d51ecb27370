import Catalog
import EventLog
import Events
import Jobs
import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import Synchronization

/// Puts a new definition into the log (DESIGN §6.7): a `definitions_changed` record in every partition of every topic that has a job.
///
/// The definition is stored before its record is written, and counts as announced once all records stand. A process that dies in between
/// writes them all at its next start; a record that comes twice changes nothing.
final class DefinitionService: Service {
    private static let interval = Duration.milliseconds(250)

    private let definitions: DefinitionStore
    private let catalogs: CatalogStore
    private let foundations: Foundations
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let isStopping = Atomic<Bool>(false)

    private struct State {
        /// The version to announce.
        var due: Int64?
        /// The catalogue that the newest definition was made of.
        var catalogVersion: Int64
        var hasFailed = false
    }

    /// - Parameter version: what this process computes by; announced where it was not.
    init(definitions: DefinitionStore, version: Int64, catalogs: CatalogStore, foundations: Foundations, logger: Logger) throws {
        self.definitions = definitions
        self.catalogs = catalogs
        self.foundations = foundations
        self.logger = logger
        let due = try definitions.isAnnounced(version) ? nil : version
        state = NIOLockedValueBox(State(due: due, catalogVersion: catalogs.current.version))
    }

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            while !isStopping.load(ordering: .acquiring) {
                await settle()
                try? await Task.sleep(for: DefinitionService.interval)
            }
        } onCancelOrGracefulShutdown: {
            self.isStopping.store(true, ordering: .releasing)
        }
    }

    /// Makes a definition of a catalogue that has changed and announces what is due. Where that fails, the next round tries again.
    func settle() async {
        do {
            try takeCatalog()
            if let due = state.withLockedValue({ $0.due }) { try await announce(due) }
            state.withLockedValue { $0.hasFailed = false }
        } catch {
            let isNews = state.withLockedValue { state in
                defer { state.hasFailed = true }
                return !state.hasFailed
            }
            if isNews { logger.warning("a change of catalogue or weights is not in the log yet", metadata: ["error": "\(error)"]) }
        }
    }

    /// The weights stay those that were announced last, whoever changes the catalogue.
    private func takeCatalog() throws {
        let catalog = catalogs.current
        guard state.withLockedValue({ $0.catalogVersion }) != catalog.version else { return }
        var definition = try definitions.definition(definitions.newestAnnounced)
        definition.catalog = catalog
        let version = try definitions.store(definition, at: wallClockMilliseconds())
        let isDue = try !definitions.isAnnounced(version)
        state.withLockedValue { state in
            state.catalogVersion = catalog.version
            if isDue { state.due = version }
        }
    }

    private func announce(_ version: Int64) async throws {
        var batch = AppendBatch()
        let now = wallClockMilliseconds()
        for topic in Topic.allCases where topic.hasJob {
            for partition in 0..<Int32(foundations.partitionCount) {
                let header = InternalEventWriter.Header(
                    id: EventID(topic: topic, partition: partition, offset: version), timestamp: now,
                    user: UnsafeRawBufferPointer(start: nil, count: 0))
                let record = foundations.writer.definitionsChanged(header, version: version, into: &batch.bytes)
                batch.records.append(.init(topic: topic, key: record.key, value: record.value, partition: partition))
            }
        }
        for case .failed(let error) in await foundations.log.append(batch) { throw error }
        try definitions.setAnnounced(version)
        state.withLockedValue { if $0.due == version { $0.due = nil } }
        logger.info("another definition of catalogue and weights takes effect", metadata: ["version": "\(version)"])
    }
}
