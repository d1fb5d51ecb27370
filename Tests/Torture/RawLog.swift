import Avro
import EventLog
import Events
import Foundation
import Jobs
import Oracle
import TestSupport

/// The log as the harness reads it: by the service's log and decoder, and nothing else of it.
struct RawLog: Sendable {
    static let partitionCount = 4

    let log: any EventLog
    private let registry: EmbeddedRegistry
    private let schemas: EventSchemas

    init(_ premises: Premises) async throws {
        log =
            if let bootstrap = premises.bootstrap {
                try KafkaLog(settings: KafkaSettings(bootstrap: bootstrap, assignmentStrategy: "range"))
            } else {
                try EmbeddedLog(folder: premises.dataFolder + "/log")
            }
        registry = try EmbeddedRegistry(path: premises.dataFolder + "/registry.sqlite")
        schemas = try RawLog.schemas()
        for topic in Topic.allCases { _ = try await log.open(topic, partitions: RawLog.partitionCount) }
    }

    private static func schemas() throws -> EventSchemas {
        let folder = Repository.root.appendingPathComponent("Data/schemas")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        return try EventSchemas(
            sources: files.filter { $0.pathExtension == "avsc" }.sorted { $0.path < $1.path }
                .map { try String(contentsOf: $0, encoding: .utf8) })
    }

    /// The last offset of every partition of a topic, -1 where it is empty.
    func ends(_ topic: Topic) async throws -> [Int32: Int64] {
        var ends: [Int32: Int64] = [:]
        for range in try await log.ranges(topic) { ends[range.partition] = range.end - 1 }
        return ends
    }

    /// Waits until nothing has been appended for two seconds; false where that does not come to be within 40 s.
    func comesToRest() async throws -> Bool {
        var last: [[Int32: Int64]] = []
        var since = ContinuousClock.now
        let deadline = ContinuousClock.now + .seconds(40)
        while ContinuousClock.now < deadline {
            var found: [[Int32: Int64]] = []
            for topic in Topic.allCases { found.append(try await ends(topic)) }
            if found != last { since = .now }
            last = found
            if ContinuousClock.now - since > .seconds(2) { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    /// Appends what is no event, as a foreign producer might: bytes of nothing, and of a schema that nobody knows.
    func appendGarbage(_ key: String, to topic: Topic) async {
        var batch = AppendBatch()
        for value in [[UInt8](key.utf8), [0, 0, 0, 0xff, 0xff, 1, 2, 3]] {
            batch.bytes += key.utf8
            let keySlice = Slice(offset: batch.bytes.count - key.utf8.count, count: key.utf8.count)
            batch.bytes += value
            let valueSlice = Slice(offset: batch.bytes.count - value.count, count: value.count)
            batch.records.append(.init(topic: topic, key: keySlice, value: valueSlice))
        }
        // What a log that is just away does not take is not missed: the log tells what there is to judge.
        _ = await log.append(batch)
    }

    /// All records of a topic. Blocks.
    func records(_ topic: Topic) throws -> [OracleEvent] {
        let consumer = try log.consumer(topic, group: nil)
        defer { consumer.close() }
        var decoder = EventDecoder(schemas: schemas)
        var batch = RecordBatch()
        var events: [OracleEvent] = []
        var left: [Int32: Int64]?
        while left?.isEmpty != true {
            switch try consumer.poll(into: &batch, recordCountMax: 4000, timeoutMilliseconds: 200) {
            case .assigned(let partitions):
                left = [:]
                for partition in partitions {
                    let range = try consumer.range(partition: partition)
                    guard range.start == 0 else { throw TortureError("\(topic.name) begins at \(range.start)") }
                    if range.end > 0 { left?[partition] = range.end - 1 }
                    try consumer.seek(partition: partition, to: 0)
                }
            case .revoked: throw TortureError("\(topic.name) was taken from the harness")
            case .records:
                for record in batch.records {
                    events.append(try event(record, batch.bytes, topic, &decoder))
                    if let last = left?[record.partition], record.offset >= last { left?[record.partition] = nil }
                }
            }
        }
        return events
    }

    private func event(_ record: RecordBatch.Record, _ bytes: [UInt8], _ topic: Topic, _ decoder: inout EventDecoder) throws -> OracleEvent
    {
        try bytes.withUnsafeBytes { bytes in
            var event = Event(type: .seek)
            var fault: String?
            var result = decoder.decode(bytes, record.value, into: &event)
            if case .unknownSchema(let id) = result {
                if let json = try registry.schemaBlocking(id: id) {
                    decoder.register(id, writer: try ParsedSchema(json: json))
                    result = decoder.decode(bytes, record.value, into: &event)
                } else {
                    fault = DeadLetterReason.unknownSchema.rawValue
                }
            }
            if case .undecodable = result { fault = DeadLetterReason.undecodable.rawValue }
            event.partition = record.partition
            event.offset = record.offset
            event.appendTime = record.timestamp
            return OracleEvent(event, key: record.key, bytes: bytes, topic: topic, partition: record.partition, fault: fault)
        }
    }
}

extension EventID {
    /// The record that an event made by a job came of, as its id tells it.
    var source: (place: Oracle.Place, offset: Int64)? {
        guard let topic = Topic(rawValue: UInt8(high >> 56)) else { return nil }
        return (Oracle.Place(topic, Int32(truncatingIfNeeded: high >> 25 & 0x7fff_ffff)), Int64(low & (1 << 62 - 1)))
    }
}
