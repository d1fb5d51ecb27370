import EventLog
import Events
import Foundation
import Logging
import TestSupport
import Testing

@testable import Service

/// The archive job and what `recs archive` shows of its work.
@Suite struct ArchiveRunTests {
    @Test func archivesWhatIsOnTheLogAndGoesOnAfterARestart() async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"))
        let topic = try await log.open(.deadLetters, partitions: 1)
        let schemas = try Resources(environment: ["RECS_HOME": Repository.root.path]).schemas()
        let registry = try EmbeddedRegistry(path: folder.path("registry.sqlite"))
        var ids: [EventType: Int32] = [:]
        for type in EventType.allCases { ids[type] = try await registry.register(subject: type.rawValue, schema: "\(schemas[type])") }
        let writer = try InternalEventWriter(schemas: schemas, schemaIDs: ids)
        let setup = ArchiveSetup(
            archive: Archive(folder: folder.path("archive")), topic: topic, log: log, registry: registry, schemas: schemas,
            hasOffsetGaps: false, metrics: Metrics(), logger: Logger(label: "test"))
        for life in 0..<2 {
            _ = await log.append(ArchiveRunTests.erasures(life * 10..<life * 10 + 10, writer))
            var pollCount = 0
            try ArchiveRun(setup).run {
                pollCount += 1
                return pollCount > 3
            }
        }
        let shown = ArchiveFolder(dataFolder: folder.path(""))
        let extents = try shown.extents()
        #expect(extents.map(\.records) == [20] && extents.map(\.files) == [2] && extents.map(\.nextOffset) == [20])
        let report = try shown.check(.deadLetters)
        #expect(report.problems == [] && report.recordCount == 20)
        var lines: [String] = []
        try shown.cat(.deadLetters, partition: 0, from: 8, count: 3) { lines.append($0) }
        #expect(lines.count == 3 && lines[0].contains("\"offset\":8,") && lines[0].contains("\"user_id\":\"user-8\""))
        let taken = setup.metrics.exposition()
        #expect(taken.contains("recs_archived_records_total{topic=\"dead_letters\"} 20"))
        await log.close()
    }

    private static func erasures(_ numbers: Range<Int>, _ writer: InternalEventWriter) -> AppendBatch {
        var batch = AppendBatch()
        for number in numbers {
            let record = Array("user-\(number)".utf8).withUnsafeBytes { user in
                writer.userErased(.init(id: EventID(high: 1, low: UInt64(number)), timestamp: 1000, user: user), into: &batch.bytes)
            }
            batch.records.append(AppendBatch.Record(topic: .deadLetters, key: record.key, value: record.value))
        }
        return batch
    }
}
