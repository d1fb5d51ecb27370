import AsyncHTTPClient
import Foundation
package import NIOCore
import NIOHTTP1

/// Talks to a running service for the command line: one owner of an HTTP client, one base address, perhaps an API key.
package final class RecsClient: Sendable {
    /// What the service answered.
    package struct Answer: Sendable {
        package var status: Int
        package var body: ByteBuffer
        /// From `Retry-After`, where it was given in seconds.
        package var retryAfterSeconds: Int?

        package var isSuccess: Bool { (200..<300).contains(status) }
        /// The body as text; what is not UTF-8 is repaired.
        package var text: String { String(buffer: body) }
    }

    private static let answerByteCountMax = 256 << 20
    private static let answerTimeout = TimeAmount.seconds(60)

    /// The address, without a slash at its end.
    package let baseURL: String
    private let apiKey: String?
    private let http: HTTPClient

    private init(baseURL: String, apiKey: String?) throws(ClientError) {
        let trimmed = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        guard let url = URL(string: trimmed), let scheme = url.scheme, ["http", "https"].contains(scheme), url.host != nil else {
            throw ClientError(.invalid, "\(baseURL) is not an address; write it like http://127.0.0.1:8080")
        }
        self.baseURL = trimmed
        self.apiKey = apiKey
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(5)))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Lends a client for the service at `baseURL` to `body`; its connections are closed afterwards.
    package static func with<Value>(
        _ baseURL: String, apiKey: String? = nil, _ body: (RecsClient) async throws -> Value
    ) async throws -> Value {
        let client = try RecsClient(baseURL: baseURL, apiKey: apiKey)
        let value: Value
        do {
            value = try await body(client)
        } catch {
            try await client.http.shutdown()
            throw error
        }
        try await client.http.shutdown()
        return value
    }

    package func get(_ path: String, query: [(name: String, value: String)] = []) async throws(ClientError) -> Answer {
        try await send(.GET, path, query: query)
    }

    package func post(_ path: String, contentType: String, body: ByteBuffer) async throws(ClientError) -> Answer {
        try await send(.POST, path, contentType: contentType, body: body)
    }

    package func put(_ path: String, contentType: String, body: ByteBuffer) async throws(ClientError) -> Answer {
        try await send(.PUT, path, contentType: contentType, body: body)
    }

    package func delete(_ path: String) async throws(ClientError) -> Answer {
        try await send(.DELETE, path)
    }

    /// Opens a stream of server-sent events; with `lastEventID` it goes on after that event.
    package func events(
        _ path: String, query: [(name: String, value: String)] = [], lastEventID: String? = nil
    ) async throws(ClientError) -> ServerSentEvents {
        var request = request(.GET, path, query: query)
        request.headers.replaceOrAdd(name: "Accept", value: "text/event-stream")
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let response = try await execute(request, timeout: .hours(24 * 365))
        guard response.status.code == 200 else {
            throw RecsClient.error(try await collect(response), doing: "\(request.method.rawValue) \(path)")
        }
        return ServerSentEvents(body: response.body, baseURL: baseURL)
    }

    private static let faultCountMax = 50

    /// The error that an unsuccessful answer stands for, with the service's own words where it gave some.
    package static func error(_ answer: Answer, doing what: String) -> ClientError {
        struct Problem: Decodable {
            struct Fault: Decodable {
                var path: String
                var message: String
            }
            var title: String?
            var detail: String?
            var errors: [Fault]?
        }
        let problem = try? JSONDecoder().decode(Problem.self, from: Data(answer.body.readableBytesView))
        var text = "\(what): the service answered \(answer.status)"
        if let words = problem?.detail ?? problem?.title { text += ", \(words)" }
        let faults = problem?.errors ?? []
        for fault in faults.prefix(faultCountMax) { text += "\n  \(fault.path.isEmpty ? "" : fault.path + " ")\(fault.message)" }
        if faults.count > faultCountMax { text += "\n  and \(faults.count - faultCountMax) more" }
        switch answer.status {
        case 401: text += "; give an API key (--key, or RECS_API_KEY)"
        case 403: text += "; the API key lacks the role that this needs"
        default: break
        }
        return ClientError(.status(answer.status), text)
    }

    /// Percent-encodes one segment of a path or one part of a query (RFC 3986 §2.3: everything but unreserved characters).
    package static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += byte < 16 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private func send(
        _ method: HTTPMethod, _ path: String, query: [(name: String, value: String)] = [], contentType: String? = nil,
        body: ByteBuffer? = nil
    ) async throws(ClientError) -> Answer {
        var request = request(method, path, query: query)
        if let contentType { request.headers.add(name: "Content-Type", value: contentType) }
        if let body { request.body = .bytes(body) }
        return try await collect(try await execute(request, timeout: RecsClient.answerTimeout))
    }

    private func request(_ method: HTTPMethod, _ path: String, query: [(name: String, value: String)]) -> HTTPClientRequest {
        let pairs = query.map { "\(RecsClient.encoded($0.name))=\(RecsClient.encoded($0.value))" }
        var request = HTTPClientRequest(url: baseURL + path + (pairs.isEmpty ? "" : "?") + pairs.joined(separator: "&"))
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let apiKey { request.headers.add(name: "Authorization", value: "Bearer \(apiKey)") }
        return request
    }

    private func execute(_ request: HTTPClientRequest, timeout: TimeAmount) async throws(ClientError) -> HTTPClientResponse {
        do {
            return try await http.execute(request, timeout: timeout)
        } catch {
            throw RecsClient.error(error, at: baseURL)
        }
    }

    private func collect(_ response: HTTPClientResponse) async throws(ClientError) -> Answer {
        do {
            let body = try await response.body.collect(upTo: RecsClient.answerByteCountMax)
            let retryAfter = response.headers.first(name: "Retry-After").flatMap { Int($0) }
            return Answer(status: Int(response.status.code), body: body, retryAfterSeconds: retryAfter)
        } catch {
            throw RecsClient.error(error, at: baseURL)
        }
    }

    /// The HTTP client's errors in our words.
    static func error(_ error: any Error, at baseURL: String) -> ClientError {
        if error is CancellationError { return ClientError(.cancelled, "cancelled") }
        guard let error = error as? HTTPClientError else {
            return ClientError(.unreachable, "nothing answers at \(baseURL): is `recs serve` running? (\(NetworkProbe.words(for: error)))")
        }
        switch error {
        case .cancelled: return ClientError(.cancelled, "cancelled")
        case .connectTimeout: return ClientError(.unreachable, "nothing answers at \(baseURL): is `recs serve` running? (no connection)")
        case .deadlineExceeded, .readTimeout:
            return ClientError(.interrupted, "\(baseURL) did not answer in time; see `recs status` and the service's log")
        case .remoteConnectionClosed:
            return ClientError(.interrupted, "\(baseURL) closed the connection; see the service's log")
        default: return ClientError(.invalid, "the request to \(baseURL) failed: \(error)")
        }
    }
}
