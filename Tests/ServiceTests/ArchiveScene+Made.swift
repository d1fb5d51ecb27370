import EventLog
import Events
import Features
import Foundation
import Jobs

@testable import Service

/// What stands in a scene's archive, and what a job makes of it.
extension ArchiveScene {
    struct Line: Decodable {
        struct Event: Decodable {
            var eventType: String?
            var eventId: String?
            var userId: String?
            var outcome: String?
            var recentIds: String?
            var effects: String?
        }
        var offset: Int64
        var appendTime: Int64
        var event: Event
    }

    /// What a job makes of records: ledgers by bucket, titles' values, viewers' values.
    struct Made: Equatable {
        var ledgers: [Ledger] = []
        var titles: [String: [UInt8]] = [:]
        var users: [String: [UInt8]] = [:]
    }

    func lines() throws -> [Line] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var lines: [Line] = []
        try archive.cat(setup.topic.topic, partition: 0, from: nil, count: 1000) { line in
            if let decoded = try? decoder.decode(Line.self, from: Data(line.utf8)) { lines.append(decoded) }
        }
        return lines
    }

    /// Reads the archive as a job does that begins with an empty store.
    func made() throws -> Made {
        let residues = setup.residues
        let reader = ArchiveReader(setup.archive, topic: setup.topic.topic)
        var records = RecordBatch()
        var next: Int64? = 0
        while let offset = next { next = try reader.read(partition: 0, from: offset, into: &records, recordCountMax: 1000) }
        var decoder = RecordDecoder(EventDecoder(schemas: residues.schemas), residues.registry)
        let engine = makeEngine(
            EngineStart(
                topic: setup.topic.topic, partition: 0, generation: setup.topic.generation, definition: try definitions.definition(0),
                markers: [nil, nil, nil, nil], titleMarker: nil))
        var made = Made()
        try records.bytes.withUnsafeBytes { bytes in
            var batch = EventBatch()
            for record in records.records {
                var event = Event(type: .seek)
                let fault = try decoder.decode(bytes, record.value, into: &event)
                (event.partition, event.offset, event.appendTime) = (0, record.offset, record.timestamp)
                batch.append(event, key: record.key, value: record.value, fault: fault)
                if event.type == .definitionsChanged { batch.definitions.append(try definitions.definition(event.number)) }
            }
            for user in engine.missingUsers(of: batch, bytes: bytes) { try engine.install(user, value: nil) }
            for title in engine.process(batch, bytes: bytes) { try engine.install(title, value: nil) }
            engine.settleTitles()
        }
        engine.collectUsers { made.users[String(decoding: $0.user, as: UTF8.self)] = Array($0.value) }
        engine.collectTitles { made.titles[String(decoding: $0.title, as: UTF8.self)] = Array($0.value) }
        engine.collectMarkers { _, marker, _ in made.ledgers.append(marker.ledger) }
        return made
    }
}
