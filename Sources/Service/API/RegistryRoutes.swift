import EventLog
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The schema registry, in Confluent's REST API, so that Kafka producers find our schemas with the serialisers they have.
struct RegistryRoutes: Sendable {
    let registry: any SchemaRegistry

    func add(readers: RouterGroup<APIContext>, writers: RouterGroup<APIContext>) {
        readers.get("subjects") { _, _ in try await asking { try await subjects() } }
        readers.get("subjects/:subject/versions") { _, context in try await asking { try await versions(subject(context)) } }
        readers.get("subjects/:subject/versions/:version") { _, context in
            try await asking { try await version(context.parameters.require("version"), of: subject(context)) }
        }
        readers.get("schemas/ids/:id") { _, context in try await asking { try await schema(context.parameters.require("id")) } }
        // Clients look subjects up by POST.
        readers.post("subjects/:subject") { request, context in try await asking { try await lookUp(request, context) } }
        // Newer clients ask for associations first and take 404 for "there are none".
        readers.get("associations/**") { _, _ in failure(.notFound, code: 40_401, "there are no associations") }
        writers.post("subjects/:subject/versions") { request, context in try await asking { try await register(request, context) } }
    }

    private static let type = "application/vnd.schemaregistry.v1+json"

    private func subject(_ context: APIContext) throws -> String {
        try context.name("subject")
    }

    private func answer(_ body: ByteBuffer, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: RegistryRoutes.type], body: ResponseBody(byteBuffer: body))
    }

    /// Confluent's errors: a five-digit code and a message.
    private func failure(_ status: HTTPResponse.Status, code: Int, _ message: String) -> Response {
        answer(
            JSONWriter.object {
                $0.member("error_code", code)
                $0.member("message", message)
            }, status)
    }

    /// What the registry refuses or cannot do, in Confluent's form.
    private func asking(_ body: () async throws -> Response) async throws -> Response {
        do {
            return try await body()
        } catch let error as RegistryError {
            switch error.kind {
            case .incompatible: return failure(.conflict, code: 409, error.description)
            case .invalid: return failure(.unprocessableContent, code: 42_201, error.description)
            case .unavailable, .refused: return failure(.serviceUnavailable, code: 50_003, error.description)
            }
        }
    }

    private func list<T>(_ items: [T], _ write: (inout JSONWriter, T) -> Void) -> Response {
        var json = JSONWriter()
        json.array(items, write)
        return answer(json.buffer)
    }

    private func subjects() async throws -> Response {
        list(try await registry.subjects()) { $0.string($1) }
    }

    private func versions(_ subject: String) async throws -> Response {
        let versions = try await registry.versions(subject: subject)
        if versions.isEmpty { return failure(.notFound, code: 40_401, "there is no subject `\(subject)`") }
        return list(versions) { $0.integer(Int64($1)) }
    }

    private func version(_ text: String, of subject: String) async throws -> Response {
        let isLatest = text == "latest" || text == "-1"
        let found = isLatest ? try await registry.latest(subject: subject) : try await numbered(text, of: subject)
        guard let found else { return failure(.notFound, code: 40_402, "there is no version \(text) of subject `\(subject)`") }
        return answer(write(found))
    }

    private func numbered(_ text: String, of subject: String) async throws -> RegisteredSchema? {
        guard let number = Int32(text) else { return nil }
        return try await registry.version(subject: subject, number)
    }

    private func write(_ version: RegisteredSchema) -> ByteBuffer {
        JSONWriter.object {
            $0.member("subject", version.subject)
            $0.member("version", Int64(version.version))
            $0.member("id", Int64(version.id))
            $0.member("schemaType", "AVRO")
            $0.member("schema", version.json)
        }
    }

    private func schema(_ text: String) async throws -> Response {
        guard let id = Int32(text), let schema = try await registry.schema(id: id) else {
            return failure(.notFound, code: 40_403, "there is no schema \(text)")
        }
        return answer(JSONWriter.object { $0.member("schema", schema) })
    }

    private struct Body: Decodable {
        var schema: String
        var schemaType: String?
    }

    private func body(_ request: Request) async throws -> Body? {
        let bytes = try await request.body.collect(upTo: 1 << 20)
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes.readableBytesView)) else { return nil }
        return body.schemaType ?? "AVRO" == "AVRO" ? body : nil
    }

    private var unreadable: Response {
        failure(.unprocessableContent, code: 42_201, "send {\"schema\": an Avro schema as text}")
    }

    private func lookUp(_ request: Request, _ context: APIContext) async throws -> Response {
        let subject = try subject(context)
        guard let body = try await body(request) else { return unreadable }
        guard let found = try await registry.lookup(subject: subject, schema: body.schema) else {
            return failure(.notFound, code: 40_403, "the schema is not registered under `\(subject)`")
        }
        return answer(write(found))
    }

    private func register(_ request: Request, _ context: APIContext) async throws -> Response {
        try request.expectJSON()
        guard let body = try await body(request) else { return unreadable }
        let id = try await registry.register(subject: subject(context), schema: body.schema)
        return answer(JSONWriter.object { $0.member("id", Int64(id)) })
    }
}
