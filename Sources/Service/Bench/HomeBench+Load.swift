import AsyncHTTPClient
import EventLog
import Foundation
import NIOCore
import NIOHTTP1

extension HomeBench {
    /// Keeps `connectionCount` requests under way for so many seconds; the server's CPU is read from outside.
    func load(
        _ server: ServerChild, redis: Int32?, seconds: Double, path: @escaping @Sendable (Int) -> String
    ) async throws -> Load {
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let meter = Meter(server: server.pid, beside: [("Redis", redis)])
        let until = ContinuousClock.now + .seconds(seconds)
        var milliseconds: [Double] = []
        var bytes = 0
        do {
            try await withThrowingTaskGroup(of: ([Double], Int).self) { group in
                for connection in 0..<connectionCount {
                    group.addTask { try await HomeBench.drive(client, server.url, connection, until: until, path) }
                }
                for try await (times, size) in group {
                    milliseconds += times
                    bytes += size
                }
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        var run = meter.run(count: milliseconds.count)
        try await client.shutdown()
        run.times = .init("request", milliseconds: milliseconds)
        let bodyByteCount = bytes / max(milliseconds.count, 1)
        run.details = [("bytes", Double(bodyByteCount))]
        return Load(run: run, bodyByteCount: bodyByteCount)
    }

    private static func drive(
        _ client: HTTPClient, _ url: String, _ connection: Int, until: ContinuousClock.Instant, _ path: @Sendable (Int) -> String
    ) async throws -> ([Double], Int) {
        var milliseconds: [Double] = []
        var bytes = 0
        var number = connection * 7919
        while ContinuousClock.now < until {
            let began = ContinuousClock.now
            let response = try await client.execute(HTTPClientRequest(url: url + path(number)), timeout: .seconds(30))
            guard response.status == .ok else { throw ClientError(.interrupted, "\(path(number)) answered \(response.status.code)") }
            bytes += try await response.body.collect(upTo: 8 << 20).readableBytes
            milliseconds.append((ContinuousClock.now - began) / .milliseconds(1))
            number += 104_729
        }
        return (milliseconds, bytes)
    }
}
