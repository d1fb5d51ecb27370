import Catalog
import EventLog
import Events
import Features
import Jobs

/// Simulated traffic of all topics, captured as the gateway does it, in the polls that would bring it to the jobs.
struct OperatorStream {
    private static let recordCountMax = 1024
    private static let eventCountPerBody = 5000
    /// 2026-01-01T00:00:00Z: the same events whenever they are made.
    static let endTime: Int64 = 1_767_225_600_000

    /// Records of one topic that come together.
    struct Poll {
        var topic: Topic
        var records = RecordBatch()
    }

    /// A topic's records that no poll has brought yet, and the offset of its next one.
    private struct Waiting {
        var records = RecordBatch()
        var offset: Int64 = 0
    }

    let decoder: EventDecoder
    let catalog: Catalog
    private(set) var truth = SimulationTruth.Counts()
    private(set) var polls: [Poll] = []
    private var waiting: [Topic: Waiting] = [:]
    /// Append time of the newest record: that of the newest event.
    private var time: Int64 = 0

    /// - Parameter titleCount: of an invented catalogue; nil: the shipped one.
    init(eventCount: Int, userCount: Int, seed: UInt64, titleCount: Int? = nil) throws {
        let resources = try Resources()
        let schemas = try resources.schemas()
        let ids = Dictionary(uniqueKeysWithValues: EventType.allCases.enumerated().map { ($1, Int32($0 + 1)) })
        var decoder = EventDecoder(schemas: schemas)
        for (type, id) in ids { decoder.register(id, writer: schemas[type]) }
        self.decoder = decoder
        let document =
            try titleCount.map { try BenchCatalog.document(titleCount: $0, seed: seed, newest: Self.endTime) }
            ?? CatalogDocument.parse(resources.catalog())
        catalog = try document.catalog(version: 1)
        let settings = SimulationSettings(userCount: userCount, eventCount: eventCount, seed: seed, endTime: Self.endTime)
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        var encoder = GatewayEncoder(schemas: schemas, schemaIDs: ids, limits: GatewayLimits())
        var body: [UInt8] = []
        var encoded = EncodedEvents()
        while simulator.next(Self.eventCountPerBody, into: &body) > 0 {
            try body.withUnsafeBytes { try encoder.encode($0, format: .ndjson, now: Self.endTime, into: &encoded) }
            body.removeAll(keepingCapacity: true)
            try append(encoded)
        }
        truth = simulator.truth.counts
        for topic in Topic.allCases { finishPoll(topic) }
    }

    private mutating func append(_ encoded: EncodedEvents) throws {
        for verdict in encoded.verdicts {
            guard case .accepted(let topic, _, let key, let value) = verdict else {
                throw LogError(.invalid, "the benchmark's event was not accepted: \(verdict)")
            }
            var event = Event(type: .seek)
            _ = encoded.bytes.withUnsafeBytes { decoder.decode($0, value, into: &event) }
            time = max(time, event.timestamp)
            var target = waiting.removeValue(forKey: topic) ?? Waiting()
            let start = target.records.bytes.count
            target.records.bytes += encoded.bytes[key.range]
            target.records.bytes += encoded.bytes[value.range]
            target.records.records.append(
                .init(
                    partition: 0, offset: target.offset, timestamp: time, key: Slice(offset: start, count: Int(key.count)),
                    value: Slice(offset: start + Int(key.count), count: Int(value.count))))
            target.offset += 1
            waiting[topic] = target
            if target.records.records.count == Self.recordCountMax { finishPoll(topic) }
        }
    }

    private mutating func finishPoll(_ topic: Topic) {
        guard let records = waiting[topic]?.records, !records.records.isEmpty else { return }
        polls.append(Poll(topic: topic, records: records))
        waiting[topic]?.records = RecordBatch()
    }
}
