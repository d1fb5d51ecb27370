import Catalog
import EventLog
import Events
import Foundation
import NIOCore

/// Request bodies of simulated events, no event twice, and the ids of all that were made since `forget`.
struct CaptureTraffic {
    /// The bodies of one load.
    struct Bodies: Sendable {
        var contentType: String
        var buffers: [ByteBuffer]
        var eventCount: Int
    }

    /// An event's line begins so, and its id follows.
    private static let idPrefix = Array("{\"event_id\":\"".utf8)
    private static let idByteCount = 36

    private(set) var postedIDs: [EventID] = []
    private let bench: CaptureBench
    private var round: UInt64 = 0

    init(_ bench: CaptureBench) { self.bench = bench }

    /// Another log begins.
    mutating func forget() { postedIDs = [] }

    /// The next bodies; a run's number of events, or another.
    mutating func bodies(_ shape: CaptureShape, eventCount: Int?) -> Bodies {
        round += 1
        let count = eventCount ?? (shape == .batches ? bench.batchedEventCount : bench.singleRequestCount)
        var settings = SimulationSettings(
            userCount: bench.userCount, eventCount: count, seed: bench.seed &* 1_000_003 &+ round, endTime: wallClockMilliseconds())
        settings.days = 2
        settings.duplicateShare = 0
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        let size = shape == .batches ? bench.batchSize : 1
        var buffers: [ByteBuffer] = []
        var made = 0
        while true {
            var bytes: [UInt8] = []
            let taken = simulator.next(size, into: &bytes)
            if taken == 0 { break }
            note(bytes)
            made += taken
            buffers.append(ByteBuffer(bytes: bytes))
        }
        return Bodies(contentType: shape == .batches ? "application/x-ndjson" : "application/json", buffers: buffers, eventCount: made)
    }

    private mutating func note(_ lines: [UInt8]) {
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            precondition(line.starts(with: Self.idPrefix), "the simulator's lines begin with the event's id")
            let start = line.startIndex + Self.idPrefix.count
            guard let id = line[start..<start + Self.idByteCount].withUnsafeBytes({ EventID(text: $0) }) else { continue }
            postedIDs.append(id)
        }
    }

    private let catalog = CoreStream.catalog(CoreBench())
}
