import Catalog
import EventLog
import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// A `recs serve` of its own, with the shipped catalogue, that simulated viewers keep half busy while something else is measured on it.
struct LoadedService: Sendable {
    /// Events that find out what the machine sustains: some seconds' worth, as a short burst is taken faster than a stream.
    private static let calibrationEventCount = 1_000_000
    private static let viewerCount = 100_000
    /// Longer than what is measured under load takes where the service bears it.
    private static let loadSeconds = 45.0
    /// Until jobs and pages have taken to a load's pace.
    private static let warmUp = Duration.seconds(1)
    private static let settlePause = Duration.milliseconds(50)

    let server: ServerChild
    let catalog: Catalog
    let seed: UInt64

    private init(server: ServerChild, catalog: Catalog, seed: UInt64) {
        self.server = server
        self.catalog = catalog
        self.seed = seed
    }

    /// Starts the service, lends it to `body` and stops it.
    static func with<Value>(seed: UInt64, _ body: (LoadedService) async throws -> Value) async throws -> Value {
        let folder = try BenchFolder()
        defer { folder.remove() }
        let document = try CatalogDocument.parse(Resources().catalog())
        let server = try ServerChild(["serve", "--data", folder.path, "--port", "0"])
        defer { server.stop() }
        let service = LoadedService(server: server, catalog: try document.catalog(version: 1), seed: seed)
        try await RecsClient.with(server.url) { client in
            let bytes = try document.serialized()
            let answer = try await client.post("/v1/catalog?replace=true", contentType: "application/json", body: ByteBuffer(bytes: bytes))
            guard answer.isSuccess else { throw RecsClient.error(answer, doing: "importing the catalogue") }
        }
        return try await body(service)
    }

    /// Events a second from posting to features, at full speed, on this machine with this process as its client.
    func capacity() async throws -> Double {
        let load = simulated(eventCount: Self.calibrationEventCount, seed: seed)
        let started = ContinuousClock.now
        try await post(load, perSecond: nil)
        try await settle()
        return Double(Self.calibrationEventCount) / ((ContinuousClock.now - started) / .seconds(1))
    }

    /// The load as a report's setting tells it.
    func setting(halfOf capacity: Double) -> String {
        "at \(Int(capacity / 2)) events a second (half of \(Int(capacity))) of \(Self.viewerCount) viewers, seed \(seed)"
    }

    /// Runs `body` while events come at a steady rate, others in each run; answers what the service used meanwhile, too, for so many events.
    func under<Value: Sendable>(
        perSecond rate: Double, run number: Int, _ body: @Sendable () async throws -> Value
    ) async throws -> (value: Value, run: BenchReport.Run) {
        let load = simulated(eventCount: Int(rate * Self.loadSeconds), seed: seed &+ UInt64(number))
        let accepted = NIOLockedValueBox(0)
        let measured = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await post(load, perSecond: rate) { count in accepted.withLockedValue { $0 = count } }
                throw ClientError(
                    .invalid,
                    "what is measured was not done within \(Int(Self.loadSeconds)) s of load: the service does not bear half of what it takes at "
                        + "full speed here; ask for fewer probes or sessions")
            }
            try await Task.sleep(for: Self.warmUp)
            let before = accepted.withLockedValue { $0 }
            let meter = Meter(server: server.pid, beside: [("Redis", server.childPID)])
            let value = try await body()
            let run = meter.run(count: accepted.withLockedValue { $0 } - before)
            group.cancelAll()
            // The load ends by being cancelled; what else ended it earlier is an error of the measurement.
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError), (error as? ClientError)?.kind != .cancelled {
                    throw error
                }
            }
            return (value, run)
        }
        try await settle()
        return measured
    }

    private func settle() async throws {
        try await RecsClient.with(server.url) { try await $0.catchUp(askingEvery: Self.settlePause) }
    }

    /// A batch of events as it is posted.
    private typealias Batch = (eventCount: Int, lines: [UInt8])

    /// Made before they are posted: making them takes a third of what the service does with them, on the same cores, and they come by the
    /// simulated hour: seconds without any, then as many as are taken.
    private func simulated(eventCount: Int, seed: UInt64) -> [Batch] {
        var settings = SimulationSettings(userCount: Self.viewerCount, eventCount: eventCount, seed: seed, endTime: wallClockMilliseconds())
        settings.days = 1
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        var batches: [Batch] = []
        while true {
            var batch: Batch = (0, [])
            batch.eventCount = simulator.next(EventPoster.eventCountPerBatch, into: &batch.lines)
            if batch.eventCount == 0 { return batches }
            batches.append(batch)
        }
    }

    private func post(_ load: [Batch], perSecond rate: Double?, progress: (_ accepted: Int) -> Void = { _ in }) async throws {
        var left = load[...]
        try await RecsClient.with(server.url) { client in
            let counts = try await EventPoster(client: client, eventsPerSecondMax: rate).post {
                progress($0.accepted)
            } next: { _, lines in
                guard let batch = left.popFirst() else { return 0 }
                lines = batch.lines
                return batch.eventCount
            }
            guard counts.refused == 0 else { throw ClientError(.invalid, "an event of the load was refused: \(counts.firstRefusal ?? "")") }
        }
    }
}

/// Events that a probe posts, as a client writes them.
enum ProbeEvent {
    /// One event of a television; `fields` are those of its own type, as JSON members.
    static func text(_ type: String, of user: String, session: String, at time: Int64, _ fields: String) -> String {
        """
        {"event_id":"\(UUID().uuidString.lowercased())","event_type":"\(type)","user_id":"\(user)","device_id":"tv",\
        "session_id":"\(session)","timestamp":\(time),"region":"EU",\(fields)}

        """
    }

    /// Posts events that must all be taken.
    static func post(_ events: String, to client: RecsClient) async throws {
        let answer = try await client.post("/v1/events", contentType: "application/x-ndjson", body: ByteBuffer(string: events))
        guard answer.status == 202 else { throw RecsClient.error(answer, doing: "posting a probe") }
    }
}
