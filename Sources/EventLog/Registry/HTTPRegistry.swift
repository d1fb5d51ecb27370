internal import AsyncHTTPClient
package import Avro
internal import Foundation
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1

/// A registry that speaks Confluent's REST API (`docs.confluent.io`, "Schema Registry API Reference"); what never changes is asked for once.
package final class HTTPRegistry: SchemaRegistry {
    private struct Known {
        var schemas: [Int32: String] = [:]
        var ids: [String: Int32] = [:]
    }

    private struct Answer {
        var status: UInt
        var body: Data
    }

    private static let contentType = "application/vnd.schemaregistry.v1+json"
    private static let bodyByteCountMax = 16 << 20

    private let base: String
    private let headers: HTTPHeaders
    private let timeout: TimeAmount
    private let known = NIOLockedValueBox(Known())

    /// - Parameter url: of the registry; a user and a password in it are sent as basic authentication.
    package init(url: String, timeoutMilliseconds: Int = 10_000) throws(RegistryError) {
        guard var parts = URLComponents(string: url), parts.scheme == "http" || parts.scheme == "https", parts.host != nil else {
            throw RegistryError(.refused, "schema registry '\(url)': give a URL such as http://localhost:8081")
        }
        var headers: HTTPHeaders = ["Accept": HTTPRegistry.contentType, "Content-Type": HTTPRegistry.contentType]
        if let user = parts.user {
            let credentials = Data("\(user):\(parts.password ?? "")".utf8).base64EncodedString()
            headers.add(name: "Authorization", value: "Basic \(credentials)")
            parts.user = nil
            parts.password = nil
        }
        let text = parts.string ?? url
        base = text.hasSuffix("/") ? String(text.dropLast()) : text
        self.headers = headers
        timeout = .milliseconds(Int64(timeoutMilliseconds))
    }

    package func register(subject: String, schema json: String) async throws(RegistryError) -> Int32 {
        let key = "\(subject)\u{0}\(json)"
        if let id = known.withLockedValue({ $0.ids[key] }) { return id }
        let answer = try await ask(.POST, "/subjects/\(escape(subject))/versions", SchemaBody(schema: json))
        let id = try decode(IDBody.self, answer).id
        known.withLockedValue { $0.ids[key] = id }
        return id
    }

    package func schema(id: Int32) async throws(RegistryError) -> String? {
        if let json = known.withLockedValue({ $0.schemas[id] }) { return json }
        return try remember(id, try await ask(.GET, "/schemas/ids/\(id)"))
    }

    package func schemaBlocking(id: Int32) throws(RegistryError) -> String? {
        if let json = known.withLockedValue({ $0.schemas[id] }) { return json }
        let future = try send(.GET, "/schemas/ids/\(id)", nil as SchemaBody?)
        return try remember(id, try read { try future.wait() })
    }

    package func versions(subject: String) async throws(RegistryError) -> [Int32] {
        let answer = try await ask(.GET, "/subjects/\(escape(subject))/versions")
        return answer.status == 404 ? [] : try decode([Int32].self, answer)
    }

    package func version(subject: String, _ version: Int32) async throws(RegistryError) -> RegisteredSchema? {
        try registered(try await ask(.GET, "/subjects/\(escape(subject))/versions/\(version)"))
    }

    package func latest(subject: String) async throws(RegistryError) -> RegisteredSchema? {
        try registered(try await ask(.GET, "/subjects/\(escape(subject))/versions/latest"))
    }

    package func subjects() async throws(RegistryError) -> [String] {
        try decode([String].self, try await ask(.GET, "/subjects"))
    }

    package func lookup(subject: String, schema json: String) async throws(RegistryError) -> RegisteredSchema? {
        try registered(try await ask(.POST, "/subjects/\(escape(subject))", SchemaBody(schema: json)))
    }

    package func level(subject: String) async throws(RegistryError) -> Compatibility.Level {
        let answer = try await ask(.GET, "/config/\(escape(subject))?defaultToGlobal=true")
        guard answer.status != 404 else { return .backward }
        let text = try decode(LevelBody.self, answer).compatibilityLevel
        guard let level = text.flatMap(Compatibility.Level.init(rawValue:)) else {
            throw RegistryError(.refused, "schema registry \(base): unknown compatibility level '\(text ?? "")' of \(subject)")
        }
        return level
    }

    package func setLevel(_ level: Compatibility.Level, subject: String) async throws(RegistryError) {
        let answer = try await ask(.PUT, "/config/\(escape(subject))", LevelBody(compatibility: level.rawValue))
        _ = try decode(LevelBody.self, answer)
    }

    private func remember(_ id: Int32, _ answer: Answer) throws(RegistryError) -> String? {
        guard answer.status != 404 else { return nil }
        let json = try decode(SchemaBody.self, answer).schema
        known.withLockedValue { $0.schemas[id] = json }
        return json
    }

    private func registered(_ answer: Answer) throws(RegistryError) -> RegisteredSchema? {
        guard answer.status != 404 else { return nil }
        let body = try decode(VersionBody.self, answer)
        known.withLockedValue { $0.schemas[body.id] = body.schema }
        return RegisteredSchema(subject: body.subject, version: body.version, id: body.id, json: body.schema)
    }

    private func ask(_ method: HTTPMethod, _ path: String) async throws(RegistryError) -> Answer {
        try await ask(method, path, nil as SchemaBody?)
    }

    private func ask(_ method: HTTPMethod, _ path: String, _ body: (some Encodable & Sendable)?) async throws(RegistryError) -> Answer {
        let future = try send(method, path, body)
        let result: Result<HTTPClient.Response, any Error>
        do { result = .success(try await future.get()) } catch { result = .failure(error) }
        return try read { try result.get() }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ body: (some Encodable & Sendable)?
    ) throws(RegistryError) -> EventLoopFuture<HTTPClient.Response> {
        do {
            let content = try body.map { HTTPClient.Body.data(try JSONEncoder().encode($0)) }
            let request = try HTTPClient.Request(url: base + path, method: method, headers: headers, body: content)
            let collected = ResponseAccumulator(request: request, maxBodySize: HTTPRegistry.bodyByteCountMax)
            return HTTPClient.shared.execute(request: request, delegate: collected, deadline: .now() + timeout).futureResult
        } catch {
            throw RegistryError(.refused, "schema registry \(base)\(path): \(error)")
        }
    }

    private func read(_ response: () throws -> HTTPClient.Response) throws(RegistryError) -> Answer {
        do {
            let response = try response()
            return Answer(status: response.status.code, body: Data((response.body ?? ByteBuffer()).readableBytesView))
        } catch {
            throw RegistryError(.unavailable, "schema registry \(base): \(error); try again later")
        }
    }

    private func decode<Body: Decodable>(_ type: Body.Type, _ answer: Answer) throws(RegistryError) -> Body {
        guard answer.status == 200 else { throw failure(answer) }
        do {
            return try JSONDecoder().decode(type, from: answer.body)
        } catch {
            throw RegistryError(.refused, "schema registry \(base) gave an answer that is none of Confluent's API: \(error)")
        }
    }

    private func failure(_ answer: Answer) -> RegistryError {
        let text = String(decoding: answer.body.prefix(2000), as: UTF8.self)
        let kind: RegistryError.Kind =
            switch answer.status {
            case 409: .incompatible
            case 422: .invalid
            case 429, 500...: .unavailable
            default: .refused
            }
        return RegistryError(kind, "schema registry \(base) answers \(answer.status): \(text)")
    }

    private func escape(_ subject: String) -> String {
        subject.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? subject
    }
}

/// The bodies of Confluent's API.
private struct SchemaBody: Codable { var schema: String }
private struct IDBody: Codable { var id: Int32 }
private struct VersionBody: Codable {
    var subject: String
    var version: Int32
    var id: Int32
    var schema: String
}
private struct LevelBody: Codable {
    var compatibility: String?
    var compatibilityLevel: String?

    init(compatibility: String) { self.compatibility = compatibility }
}
