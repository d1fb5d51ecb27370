import AsyncHTTPClient
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// Clients that post simulated events as fast as they are let, and send again what was shed until it is taken.
struct SoakFlood: Sendable {
    private static let pause = Duration.milliseconds(250)
    private static let answerTimeout = TimeAmount.seconds(120)
    private static let answerByteCountMax = 8 << 20

    let url: String
    /// Posts under way at a time.
    let connectionCount: Int
    let counts = SoakCounts()

    /// Posts the bodies that `next` makes (nil: none are left) until `deadline`; what is under way then is answered first, what was shed is not
    /// sent again.
    func run(until deadline: ContinuousClock.Instant, next: () -> ByteBuffer?) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionCount
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                var underWay = 0
                while ContinuousClock.now < deadline, let body = next() {
                    if underWay == connectionCount {
                        try await group.next()
                        underWay -= 1
                    }
                    group.addTask { try await post(body, client, until: deadline) }
                    underWay += 1
                }
                try await group.waitForAll()
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private func post(_ body: ByteBuffer, _ client: HTTPClient, until deadline: ContinuousClock.Instant) async throws {
        while true {
            var request = HTTPClientRequest(url: url + "/v1/events")
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/x-ndjson")
            request.body = .bytes(body)
            let response = try await client.execute(request, timeout: Self.answerTimeout)
            let answer = try await response.body.collect(upTo: Self.answerByteCountMax)
            guard [.accepted, .serviceUnavailable].contains(response.status) else {
                throw ClientError(.interrupted, "a post was answered with \(response.status.code): \(String(buffer: answer).prefix(300))")
            }
            counts.add(accepted: Self.accepted(answer), isShed: response.status == .serviceUnavailable)
            if response.status == .accepted || ContinuousClock.now + Self.pause >= deadline { return }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// The answer's number of accepted events, without reading the verdicts that follow it; also what stands on the log of a post that was
    /// otherwise answered with 503 counts.
    private static func accepted(_ answer: ByteBuffer) -> Int {
        let head = String(decoding: answer.readableBytesView.prefix(1024), as: UTF8.self)
        guard let member = head.range(of: "\"accepted\":") else { return 0 }
        return Int(head[member.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}

/// What the clients were answered so far.
final class SoakCounts: Sendable {
    struct Values: Sendable {
        /// Events.
        var accepted = 0
        /// Answers.
        var taken = 0
        var shed = 0
    }

    private let box = NIOLockedValueBox(Values())
    var current: Values { box.withLockedValue { $0 } }

    func add(accepted: Int, isShed: Bool) {
        box.withLockedValue { values in
            values.accepted += accepted
            if isShed { values.shed += 1 } else { values.taken += 1 }
        }
    }
}
