import AsyncHTTPClient
import EventLog
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// A server under load, and the processes beside it.
struct CaptureSide {
    /// The log's name; empty for the yardstick.
    let name: String
    let server: ServerChild
    let broker: Int32?
    let redis: Int32?

    func figureName(_ shape: CaptureShape) -> String { (name.isEmpty ? "empty 202" : name) + ", \(shape.rawValue)" }

    /// Posts all bodies once, each connection one after the other; every answer must be 202.
    func measure(_ bodies: CaptureTraffic.Bodies, connectionCount: Int) async throws -> BenchReport.Run {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionCount
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let meter = Meter(server: server.pid, beside: [("Redis", redis), ("broker", broker)])
        let posted = await Result { try await post(bodies, client, connectionCount) }
        var run = meter.run(count: bodies.eventCount)
        try await client.shutdown()
        let milliseconds = try posted.get()
        run.times = .init("request", milliseconds: milliseconds)
        run.details = [
            ("requests per CPU s", Double(milliseconds.count) / max(run.cpuSeconds, 1e-9)),
            ("server's peak MB", Double(server.peakBytes >> 20)),
        ]
        return run
    }

    private func post(_ bodies: CaptureTraffic.Bodies, _ client: HTTPClient, _ connectionCount: Int) async throws -> [Double] {
        let next = Cursor()
        let url = server.url + "/v1/events"
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<connectionCount {
                group.addTask {
                    var milliseconds: [Double] = []
                    while let index = next.take(below: bodies.buffers.count) {
                        let began = ContinuousClock.now
                        var request = HTTPClientRequest(url: url)
                        request.method = .POST
                        request.headers.add(name: "content-type", value: bodies.contentType)
                        request.body = .bytes(bodies.buffers[index])
                        let response = try await client.execute(request, timeout: .seconds(60))
                        let text = String(buffer: try await response.body.collect(upTo: 8 << 20))
                        guard response.status == .accepted else {
                            throw ClientError(.interrupted, "a post was answered with \(response.status.code): \(text.prefix(300))")
                        }
                        milliseconds.append((ContinuousClock.now - began) / .milliseconds(1))
                    }
                    return milliseconds
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }
}

/// The next body to post, shared by the connections.
private final class Cursor: Sendable {
    private let index = Atomic<Int>(0)

    func take(below count: Int) -> Int? {
        let taken = index.add(1, ordering: .relaxed).oldValue
        return taken < count ? taken : nil
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous body answers or throws.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
