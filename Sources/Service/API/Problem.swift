import GRDB
import HTTPTypes
import Hummingbird
import NIOCore

/// An error of the HTTP API: RFC 9457 problem details, with what to do in `detail`.
struct Problem: HTTPResponseError, Sendable {
    static let contentType = "application/problem+json"

    var status: HTTPResponse.Status
    var title: String
    var detail: String
    /// Path and message of each fault of the input.
    var faults: [(path: String, message: String)] = []
    /// Seconds after which the client may try again.
    var retryAfterSeconds: Int?
    /// What may be done instead, where the method is the fault.
    var allowedMethods: [String] = []

    init(_ status: HTTPResponse.Status, _ title: String, _ detail: String) {
        self.status = status
        self.title = title
        self.detail = detail
    }

    /// The store or the log cannot be reached now.
    static func unavailable(_ detail: String) -> Problem {
        var problem = Problem(.serviceUnavailable, "Service unavailable", detail)
        problem.retryAfterSeconds = 1
        return problem
    }

    /// A control store that cannot be read or written now (a full disk, another process that holds it); nil for any other error of it.
    init?(_ error: DatabaseError) {
        let passing: [ResultCode] = [.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_READONLY, .SQLITE_CANTOPEN]
        guard passing.contains(error.resultCode) else { return nil }
        self = .unavailable("the control store cannot be read or written now: \(error.message ?? "\(error.resultCode)")")
    }

    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, "Bad request", detail) }

    static func notFound(_ detail: String) -> Problem { Problem(.notFound, "Not found", detail) }

    /// The members that every problem has.
    func writeHead(to json: inout JSONWriter, from request: Request, context: some RequestContext) {
        json.member("type", "about:blank")
        json.member("title", title)
        json.member("status", status.code)
        json.member("detail", detail)
        json.member("instance", request.uri.path)
        json.member("request_id", context.id)
    }

    func response(from request: Request, context: some RequestContext) -> Response {
        let body = JSONWriter.object { json in
            writeHead(to: &json, from: request, context: context)
            if !faults.isEmpty {
                json.member("errors")
                json.array(faults) { json, fault in
                    json.object {
                        $0.member("path", fault.path)
                        $0.member("message", fault.message)
                    }
                }
            }
        }
        var headers: HTTPFields = [.contentType: Problem.contentType]
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        if !allowedMethods.isEmpty { headers[.allow] = allowedMethods.joined(separator: ", ") }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

extension Response {
    /// A JSON answer.
    static func json(_ body: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }

    /// A text answer of the media type given.
    static func text(_ body: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}
