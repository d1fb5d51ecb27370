import Avro
import EventLog
package import Events
package import Logging

/// Reads the log for people: topics with their extent, and records as lines of JSON.
package struct LogReader: Sendable {
    private let foundations: Foundations

    /// Opens the log of the configuration; nothing is consumed on anybody's behalf.
    package init(configuration: Configuration, logger: Logger) async throws {
        foundations = try await Foundations.open(configuration, resources: try Resources(), logger: logger)
    }

    package func close() async { await foundations.log.close() }

    /// A topic's extent.
    package struct Extent: Sendable, Encodable {
        package var topic: String
        package var partition: Int32
        package var start: Int64
        package var end: Int64
        /// From `start` to `end`, without the offsets that were left out.
        package var records: Int64
    }

    package func extents() async throws -> [Extent] {
        var extents: [Extent] = []
        for topic in Topic.allCases {
            for range in try await foundations.log.ranges(topic).sorted(by: { $0.partition < $1.partition }) {
                extents.append(
                    Extent(
                        topic: topic.name, partition: range.partition, start: range.start, end: range.end,
                        records: range.count(from: range.start)))
            }
        }
        return extents
    }

    /// Hands over the last `count` records of every partition as lines of JSON, then, where `follows`, what comes, until `body` answers false.
    /// Blocks; call it from a thread that may.
    package func tail(_ topic: Topic, count: Int64, follows: Bool, _ body: (String) -> Bool) throws {
        let consumer = try foundations.log.consumer(topic, group: nil)
        defer { consumer.close() }
        var batch = RecordBatch()
        var lines = RecordLines()
        var ends: [Int32: Int64] = [:]
        var isAssigned = false
        while true {
            switch try consumer.poll(into: &batch, recordCountMax: 500, timeoutMilliseconds: 200) {
            case .assigned(let partitions):
                isAssigned = true
                for partition in partitions {
                    let range = try consumer.range(partition: partition)
                    ends[partition] = range.end
                    try consumer.seek(partition: partition, to: max(range.start, range.end - count))
                }
            case .revoked: return
            case .records:
                for record in batch.records {
                    guard body(try lines.line(record, batch.bytes, { try foundations.registry.schemaBlocking(id: $0) })) else { return }
                }
            }
            ends = ends.filter { partition, end in consumer.position(partition: partition) ?? 0 < end }
            if isAssigned && ends.isEmpty && !follows { return }
        }
    }

    /// Hands over every record that the topic holds now and that a known schema describes: the value, the schema's id, the schema. Blocks.
    func eachRecord(of topic: Topic, _ body: (UnsafeRawBufferPointer, Int32, ParsedSchema) throws -> Void) throws {
        var schemas: [Int32: ParsedSchema] = [:]
        try LogScan(log: foundations.log).each(of: topic, from: \.start) { record, bytes in
            let value = UnsafeRawBufferPointer(rebasing: bytes[record.value.range])
            guard let id = EventRenderer.schemaID(of: value), let schema = try schema(id, &schemas) else { return }
            try body(value, id, schema)
        }
    }

    private func schema(_ id: Int32, _ schemas: inout [Int32: ParsedSchema]) throws -> ParsedSchema? {
        if let known = schemas[id] { return known }
        guard let json = try foundations.registry.schemaBlocking(id: id) else { return nil }
        schemas[id] = try ParsedSchema(json: json)
        return schemas[id]
    }
}
