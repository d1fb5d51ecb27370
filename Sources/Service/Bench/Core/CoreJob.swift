import Catalog
import EventLog
import Events
import Foundation
import Jobs

/// The core job of `recs bench core`: decode → filter → enrich → exact dedupe → plays per viewer, genre and hour → file, with our decoder and
/// the jobs' operators, in runs that stay in the processor's cache.
struct CoreJob: ~Copyable {
    private static let runCountMax = 256
    private static let writeByteCountMax = 1 << 20

    private let decoder: EventDecoder
    private var job: HourlyPlayJob
    private var events: [Event] = []
    private(set) var undecodableCount = 0
    private var stages: [(name: String, nanoseconds: Int64)] = ["poll", "decode", "filter", "enrich", "dedupe", "count", "write"].map {
        ($0, 0)
    }
    private var clock = threadCPUNanoseconds()

    init(_ settings: CoreBench, schemas: EventSchemas, catalog: Catalog) {
        var decoder = EventDecoder(schemas: schemas)
        decoder.register(CoreStream.schemaID, writer: schemas[.playStart])
        self.decoder = decoder
        job = HourlyPlayJob(settings: JobSettings(), catalog: catalog, eventCount: settings.eventCount, userCount: settings.userCount)
        events.reserveCapacity(Self.runCountMax)
    }

    /// Events filtered out, sent again, of unknown titles.
    var counts: (filtered: Int, repeats: Int, unknown: Int) { (job.filteredCount, job.repeatCount, job.unknownCount) }
    /// CPU seconds by stage, of the thread that calls.
    var stageShares: [BenchReport.Share] { stages.map { BenchReport.Share($0.name, Double($0.nanoseconds) / 1e9) } }

    /// Takes in what a poll brought.
    mutating func take(_ batch: borrowing RecordBatch) {
        lap(0)
        batch.bytes.withUnsafeBytes { bytes in
            var start = 0
            while start < batch.records.count {
                let end = min(start + Self.runCountMax, batch.records.count)
                decode(batch, start..<end, bytes)
                lap(1)
                job.filter(&events, bytes: bytes)
                lap(2)
                job.enrich(events, bytes: bytes)
                lap(3)
                job.dropRepeats()
                lap(4)
                job.count()
                lap(5)
                start = end
            }
        }
    }

    /// Writes the windows to a file.
    mutating func write(to path: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        var failure: (any Error)?
        var output: [UInt8] = []
        job.write(into: &output, byteCountMax: Self.writeByteCountMax) { bytes in
            do { try file.write(contentsOf: bytes) } catch { failure = error }
            bytes.removeAll(keepingCapacity: true)
        }
        try file.close()
        lap(6)
        if let failure { throw failure }
    }

    private mutating func decode(_ batch: borrowing RecordBatch, _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) {
        events.removeAll(keepingCapacity: true)
        for index in range {
            var event = Event(type: .playStart)
            if case .event = decoder.decode(bytes, batch.records[index].value, into: &event) {
                events.append(event)
            } else {
                undecodableCount += 1
            }
        }
    }

    /// Adds the thread's CPU time since the last lap to a stage.
    private mutating func lap(_ stage: Int) {
        let now = threadCPUNanoseconds()
        stages[stage].nanoseconds += now - clock
        clock = now
    }
}
