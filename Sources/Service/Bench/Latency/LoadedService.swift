import Catalog
import EventLog
import Foundation
import NIOConcurrencyHelpers
import NIOCore

/// A `recs serve` of its own, with the shipped catalogue, that simulated viewers keep half busy while something else is measured on it.
struct LoadedService: Sendable {
    /// Events that find out what the machine sustains: some seconds' worth, as a short burst is taken faster than a stream.
    private static let calibrationEventCount = 600_000
    /// Longer than any measurement under load takes.
    private static let loadSeconds = 600.0
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
        let started = ContinuousClock.now
        try await post(eventCount: Self.calibrationEventCount, perSecond: nil, seed: seed)
        try await RecsClient.with(server.url) { client in
            while try await client.lag() > 0 { try await Task.sleep(for: Self.settlePause) }
        }
        return Double(Self.calibrationEventCount) / ((ContinuousClock.now - started) / .seconds(1))
    }

    /// Runs `body` while events come at a steady rate, others in each run; answers what the service used meanwhile, too, for so many events.
    func under<Value: Sendable>(
        perSecond rate: Double, run number: Int, _ body: @Sendable () async throws -> Value
    ) async throws -> (value: Value, run: BenchReport.Run) {
        let accepted = NIOLockedValueBox(0)
        let meter = Meter(server: server.pid, beside: [("Redis", server.childPID)])
        let value = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await post(eventCount: Int(rate * Self.loadSeconds), perSecond: rate, seed: seed &+ UInt64(number)) { count in
                    accepted.withLockedValue { $0 = count }
                }
            }
            let value = try await body()
            group.cancelAll()
            // The load ends by being cancelled; what else ended it earlier is an error of the measurement.
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError), (error as? ClientError)?.kind != .cancelled {
                    throw error
                }
            }
            return value
        }
        return (value, meter.run(count: accepted.withLockedValue { $0 }))
    }

    private func post(
        eventCount: Int, perSecond rate: Double?, seed: UInt64, progress: (_ accepted: Int) -> Void = { _ in }
    ) async throws {
        var settings = SimulationSettings(userCount: 20_000, eventCount: eventCount, seed: seed, endTime: wallClockMilliseconds())
        settings.days = 1
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        try await RecsClient.with(server.url) { client in
            let counts = try await EventPoster(client: client, eventsPerSecondMax: rate).post {
                progress($0.accepted)
            } next: {
                simulator.next($0, into: &$1)
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
