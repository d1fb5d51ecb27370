import Catalog
import EventLog
import Events
import Foundation
import Jobs
import Logging
import TestSupport

@testable import Service

/// A log of one topic, and the setup of its archive job.
struct ArchiveScene {
    let folder: TemporaryFolder
    let log: EmbeddedLog
    let schemaIDs: [EventType: Int32]
    let setup: ArchiveSetup
    /// Has one definition: no titles.
    let definitions: DefinitionStore

    /// Records are appended so many hours ago.
    init(_ topic: Topic, partitions: Int = 1, hoursAgo: Int64 = 0, settings: JobSettings = JobSettings()) async throws {
        folder = try TemporaryFolder()
        log = try EmbeddedLog(folder: folder.path("log"), clock: { wallClockMilliseconds() - hoursAgo * 3_600_000 })
        let description = try await log.open(topic, partitions: partitions)
        let schemas = try Resources(environment: ["RECS_HOME": Repository.root.path]).schemas()
        let registry = try EmbeddedRegistry(path: folder.path("registry.sqlite"))
        var ids: [EventType: Int32] = [:]
        for type in EventType.allCases { ids[type] = try await registry.register(subject: type.rawValue, schema: "\(schemas[type])") }
        schemaIDs = ids
        definitions = DefinitionStore(control: try ControlStore(folder: folder.path("control")))
        let definition = Definition(version: 0, settings: settings, catalog: Catalog(version: 1, titles: [], genreNames: []))
        _ = try definitions.store(definition, at: 1000)
        let residues = ArchiveResidues(
            registry: registry, schemas: schemas, writer: try InternalEventWriter(schemas: schemas, schemaIDs: ids),
            definitions: definitions, bucketsPerPartition: 4, firstDefinition: { 0 })
        setup = ArchiveSetup(
            archive: Archive(folder: folder.path("archive")), topic: description, log: log, hasOffsetGaps: false, residues: residues,
            metrics: Metrics(), logger: Logger(label: "test"))
    }

    var archive: ArchiveFolder {
        var configuration = Configuration()
        configuration.dataFolder = folder.path("")
        return ArchiveFolder(configuration)
    }

    func archiveAll() throws {
        var pollCount = 0
        try ArchiveRun(setup).run {
            pollCount += 1
            return pollCount > 5
        }
    }

    /// Appends erasures of `user-0`, `user-1`, …
    func erase(_ numbers: Range<Int>) async {
        var batch = AppendBatch()
        for number in numbers {
            let record = setup.residues.writer.userErased(
                id: EventID(high: 1, low: UInt64(number)), user: "user-\(number)", timestamp: 1000, into: &batch.bytes)
            batch.records.append(AppendBatch.Record(topic: setup.topic.topic, key: record.key, value: record.value))
        }
        _ = await log.append(batch)
    }

    func append(key: String, value: [UInt8]) async {
        var batch = AppendBatch()
        batch.bytes = Array(key.utf8) + value
        let place = Slice(offset: key.utf8.count, count: value.count)
        batch.records.append(.init(topic: setup.topic.topic, key: Slice(offset: 0, count: key.utf8.count), value: place, partition: 0))
        _ = await log.append(batch)
    }
}
