import EventLog
import Events
import Jobs

/// Tells what an archive keeps of erased viewers' records (DESIGN §6.9): the jobs' own operators say what each was counted for, by the
/// definitions that the features which serve were made by.
package struct ArchiveResidues: Sendable {
    let registry: any SchemaRegistry
    let schemas: EventSchemas
    let writer: InternalEventWriter
    let definitions: DefinitionStore
    let bucketsPerPartition: Int
    /// The version that those features began with; nil while it is not known.
    let firstDefinition: @Sendable () -> Int64?

    init(
        registry: any SchemaRegistry, schemas: EventSchemas, writer: InternalEventWriter, definitions: DefinitionStore,
        bucketsPerPartition: Int, firstDefinition: @escaping @Sendable () -> Int64?
    ) {
        self.registry = registry
        self.schemas = schemas
        self.writer = writer
        self.definitions = definitions
        self.bucketsPerPartition = bucketsPerPartition
        self.firstDefinition = firstDefinition
    }

    /// For a tool beside no service, by the definitions from the first one on.
    package init(configuration: Configuration) async throws {
        let schemas = try Resources().schemas()
        let registry = try Foundations.registry(configuration)
        let schemaIDs = try await Foundations.register(schemas, in: registry)
        self.init(
            registry: registry, schemas: schemas, writer: try InternalEventWriter(schemas: schemas, schemaIDs: schemaIDs),
            definitions: DefinitionStore(control: try ControlStore(folder: configuration.dataFolder)),
            bucketsPerPartition: configuration.bucketsPerPartition, firstDefinition: { 0 })
    }

    /// Of one partition of a topic; nil while erasures have to wait. On a topic without a job nobody is erased.
    func maker(_ topic: TopicDescription, partition: Int32) throws(LogError) -> ResidueMaker? {
        guard topic.topic.hasJob else { return ResidueMaker(take: { _, _ in }, byteCount: { 0 }, finish: { RecordBatch() }) }
        guard let first = firstDefinition() else { return nil }
        do {
            let start = EngineStart(
                topic: topic.topic, partition: partition, generation: topic.generation, definition: try definitions.definition(first),
                markers: Array(repeating: nil, count: bucketsPerPartition), titleMarker: nil)
            let found = PartitionResidues(self, start)
            return ResidueMaker(
                take: { (record, bytes) throws(LogError) in try found.take(record, bytes) }, byteCount: { found.byteCount },
                finish: { found.finish() })
        } catch {
            throw ArchiveResidues.error(error, topic.topic)
        }
    }

    static func error(_ error: any Error, _ topic: Topic) -> LogError {
        LogError(.unavailable, "finding out what erased viewers' records of \(topic.name) were counted for: \(error)")
    }
}
