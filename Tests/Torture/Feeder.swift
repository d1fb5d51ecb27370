import Foundation
import FoundationNetworking
import TestSupport

/// How far the feeding may go: disturbances and events keep step, whatever the machine's speed.
actor FeedGate {
    private(set) var allowed = 0
    private(set) var sent = 0
    private(set) var retries = 0
    private(set) var isOver = false
    /// True while a batch is on its way.
    private(set) var isSending = false
    private var isPaused = false

    func allow(_ count: Int) { allowed += count }
    func end() { isOver = true }
    func pause() { isPaused = true }
    func resume() { isPaused = false }
    func noteRetry() { retries += 1 }
    var isOpen: Bool { sent < allowed && !isPaused }

    /// Lets a batch pass if the gate is open.
    func begin() -> Bool {
        isSending = isOpen
        return isSending
    }

    func end(sent count: Int) {
        sent += count
        isSending = false
    }
}

/// Sends the stream's events through the gateway, as a device would: what is not acknowledged is sent again.
struct Feeder {
    private static let batchCount = 200

    let gateway: GatewayProcess
    let gate: FeedGate

    func run(_ stream: EventStream) async throws {
        var stream = stream
        while await !gate.isOver {
            guard await comesTrue(within: 1, { await gate.begin() }) else { continue }
            try await post(stream.batch(Feeder.batchCount))
            await gate.end(sent: Feeder.batchCount)
        }
    }

    private func post(_ body: Data) async throws {
        while !Task.isCancelled {
            if try await attempt(body) { return }
            await gate.noteRetry()
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// True where the batch is durably on the log; false where it is to be sent again.
    private func attempt(_ body: Data) async throws -> Bool {
        guard let url = URL(string: await gateway.url + "/v1/events") else { throw TortureError("the gateway has no address") }
        var request = URLRequest(url: url, timeoutInterval: 20)
        request.httpMethod = "POST"
        request.httpBody = body
        request.setValue("application/x-ndjson", forHTTPHeaderField: "Content-Type")
        guard let (data, response) = try? await URLSession.shared.data(for: request),
            let status = (response as? HTTPURLResponse)?.statusCode
        else { return false }
        if status == 503 { return false }
        let text = String(decoding: data, as: UTF8.self)
        guard status == 202, text.contains("\"refused\":0,") else {
            throw TortureError("the gateway answers \(status) to events that are in order: \(text.prefix(2000))")
        }
        return true
    }
}

/// Erases a viewer, again until it is complete.
struct Eraser {
    let gateway: GatewayProcess

    func erase(_ user: String) async throws {
        var last = ""
        for _ in 0..<100 {
            guard let url = URL(string: await gateway.url + "/v1/users/\(user)") else { return }
            var request = URLRequest(url: url, timeoutInterval: 20)
            request.httpMethod = "DELETE"
            let answer = try? await URLSession.shared.data(for: request)
            if let status = (answer?.1 as? HTTPURLResponse)?.statusCode, (200..<300).contains(status) { return }
            last = answer.map { String(decoding: $0.0.prefix(500), as: UTF8.self) } ?? "no answer"
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TortureError("the gateway does not erase \(user): \(last)")
    }
}
