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
    func measure(
        _ bodies: CaptureTraffic.Bodies, connectionCount: Int
    ) async throws -> (run: BenchReport.Run, details: [(name: String, value: Double)]) {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionCount
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let before = (threads: ProcessTimes.cpuSecondsByThread(of: server.pid), own: processCPUNanoseconds(), others: otherSeconds)
        let cpu = ProcessTimes.cpuSeconds(of: server.pid)
        let started = ContinuousClock.now
        let posted = await Result { try await post(bodies, client, connectionCount) }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let spent = ProcessTimes.cpuSeconds(of: server.pid) - cpu
        let stages = ProcessTimes.cpuSecondsByThread(of: server.pid).map { name, seconds in
            BenchReport.Share(name, seconds - (before.threads[name] ?? 0))
        }
        try await client.shutdown()
        let milliseconds = try posted.get().sorted()
        let load = BenchReport.Share("load generator", Double(processCPUNanoseconds() - before.own) / 1e9)
        let others = zip(otherSeconds, before.others).map { BenchReport.Share($0.name, $0.cpuSeconds - $1.cpuSeconds) }
        let run = BenchReport.Run(
            seconds: seconds, cpuSeconds: spent, others: others + [load], stages: stages.sorted { $0.name < $1.name })
        return (run, details(milliseconds, spent))
    }

    private func details(_ milliseconds: [Double], _ cpuSeconds: Double) -> [(name: String, value: Double)] {
        func quantile(_ share: Double) -> Double { milliseconds[min(milliseconds.count - 1, Int(share * Double(milliseconds.count)))] }
        return [
            ("requests per CPU s", Double(milliseconds.count) / max(cpuSeconds, 1e-9)), ("p50 ms", quantile(0.5)),
            ("p99 ms", quantile(0.99)), ("server's peak MB", Double(ProcessTimes.peakByteCount(of: server.pid) >> 20)),
        ]
    }

    private var otherSeconds: [BenchReport.Share] {
        [("Redis", redis), ("broker", broker)].compactMap { name, pid in
            pid.map { BenchReport.Share(name, ProcessTimes.cpuSeconds(of: $0)) }
        }
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
