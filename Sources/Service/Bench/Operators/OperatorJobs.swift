import EventLog
import Events
import Features
import Jobs

/// The engines of all topics, driven as `JobRun` drives them, with a store that takes everything and holds nothing, or only the last values.
struct OperatorJobs {
    private static let bucketCount = 4

    private let decoder: EventDecoder
    private let engines: [Topic: any PartitionEngine]
    private var batch = EventBatch()
    /// What was written; kept so that it cannot be optimised away.
    private var writtenByteCount = 0
    /// What was written last of every viewer and title, where somebody wants it.
    private(set) var values: OperatorValues?
    private var nanoseconds: (decode: Int64, apply: Int64, commit: Int64) = (0, 0, 0)

    init(_ stream: OperatorStream, keepsValues: Bool = false) {
        if keepsValues { values = OperatorValues() }
        decoder = stream.decoder
        let definition = Definition(version: 1, settings: JobSettings(), catalog: stream.catalog)
        let topics = Topic.allCases.filter(\.acceptsEvents)
        engines = Dictionary(
            uniqueKeysWithValues: topics.map { topic in
                let start = EngineStart(
                    topic: topic, partition: 0, generation: 1, definition: definition,
                    markers: Array(repeating: nil, count: Self.bucketCount), titleMarker: nil)
                return (topic, makeEngine(start))
            })
    }

    /// Takes in a poll and commits it.
    mutating func take(_ poll: OperatorStream.Poll) throws {
        guard let engine = engines[poll.topic] else { return }
        let begun = threadCPUNanoseconds()
        decode(poll.records)
        let decoded = threadCPUNanoseconds()
        let batch = batch
        try poll.records.bytes.withUnsafeBytes { bytes in
            for user in engine.missingUsers(of: batch, bytes: bytes) { try engine.install(user, value: nil) }
            for title in engine.process(batch, bytes: bytes) { try engine.install(title, value: nil) }
            engine.settleTitles()
        }
        let applied = threadCPUNanoseconds()
        commit(engine, of: poll.topic)
        nanoseconds.decode += decoded - begun
        nanoseconds.apply += applied - decoded
        nanoseconds.commit += threadCPUNanoseconds() - applied
    }

    private mutating func decode(_ records: RecordBatch) {
        batch.removeAll()
        let decoder = decoder
        records.bytes.withUnsafeBytes { bytes in
            for record in records.records {
                var event = Event(type: .seek)
                let isEvent = if case .event = decoder.decode(bytes, record.value, into: &event) { true } else { false }
                event.partition = record.partition
                event.offset = record.offset
                event.appendTime = record.timestamp
                batch.append(event, key: record.key, value: record.value, fault: isEvent ? nil : .undecodable)
            }
        }
    }

    private mutating func commit(_ engine: any PartitionEngine, of topic: Topic) {
        var count = engine.takeEmissions().count
        engine.collectUsers {
            count += $0.value.count
            values?.keep($0, of: topic)
        }
        engine.collectTitles {
            count += $0.value.count
            values?.keep($0, of: topic)
        }
        engine.collectErasures { count += $0.value.count }
        engine.collectMarkers { _, marker, _ in count += marker.encoded().count }
        engine.committed(titles: true, at: 0)
        writtenByteCount += count
    }

    /// CPU seconds by stage so far.
    var stages: [BenchReport.Share] {
        [
            .init("decode", Double(nanoseconds.decode) / 1e9), .init("apply", Double(nanoseconds.apply) / 1e9),
            .init("commit", Double(nanoseconds.commit) / 1e9),
        ]
    }

    /// Every event counted once, each kind as the simulator knows it.
    func faults(expecting truth: SimulationTruth.Counts) -> [String] {
        let sum = engines.values.reduce(Ledger()) { $0 + $1.summary.ledger }
        var faults: [String] = []
        if sum.received != Int64(truth.sent) { faults.append("received \(sum.received), sent \(truth.sent)") }
        if sum.applied != Int64(truth.distinct - truth.bots) {
            faults.append("applied \(sum.applied), distinct events of people \(truth.distinct - truth.bots)")
        }
        if sum.deadLettered != 0 || sum.applied + sum.duplicates + sum.filtered != sum.received {
            faults.append("\(sum.duplicates) duplicates, \(sum.filtered) filtered and \(sum.deadLettered) dead letters do not add up")
        }
        if writtenByteCount == 0 { faults.append("nothing was written") }
        return faults
    }
}
