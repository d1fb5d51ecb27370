import EventLog
import Events
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /v1/events`.
struct EventRoutes: Sendable {
    let gateway: Gateway
    let bodyByteCountMax: Int
    let budget: BodyBudget
    private static let loopBodyByteCountMax = 32_768
    /// Faults of a request that are told one by one; beyond it the first of each event, so that no answer is many times its body.
    private static let reportedFaultCountMax = 1000

    func add(to group: RouterGroup<APIContext>) {
        group.post("events") { request, context in try await post(request, context) }
    }

    private func post(_ request: Request, _ context: APIContext) async throws -> Response {
        let format = try format(of: request)
        var taken = 0
        defer { budget.giveBack(taken) }
        let body = try await collect(request, taking: &taken)
        do throws(BodyError) {
            // A small body is done with before another thread would have woken; a large one would keep the loop from its other connections.
            if body.readableBytes <= EventRoutes.loopBodyByteCountMax { return try await answer(body, format, to: request, context) }
            return try await withTaskExecutorPreference(globalConcurrentExecutor) { @concurrent () async throws(BodyError) in
                try await answer(body, format, to: request, context)
            }
        } catch {
            var problem = Problem(error.code == .tooManyEvents ? .contentTooLarge : .badRequest, "Body not readable", error.message)
            problem.faults = [("byte \(error.offset)", error.code.rawValue)]
            throw problem
        }
    }

    private func answer(
        _ body: ByteBuffer, _ format: BodyFormat, to request: Request, _ context: APIContext
    ) async throws(BodyError) -> Response {
        answer(try await gateway.capture(body, format: format, now: wallClockMilliseconds()), to: request, context)
    }

    /// `taken` tells the bytes that the budget has let in: those that have arrived, so that a slow sender holds no more.
    private func collect(_ request: Request, taking taken: inout Int) async throws -> ByteBuffer {
        var tooLarge: Problem {
            Problem(.contentTooLarge, "Content too large", "the body is larger than \(bodyByteCountMax) bytes; send fewer events a request")
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bodyByteCountMax { throw tooLarge }
        var body: ByteBuffer?
        for try await part in request.body {
            if taken + part.readableBytes > bodyByteCountMax { throw tooLarge }
            guard budget.take(part.readableBytes, own: taken) else { throw EventRoutes.tooMuchUnderWay }
            taken += part.readableBytes
            if body?.writeImmutableBuffer(part) == nil { body = part }
        }
        return body ?? ByteBuffer()
    }

    private func format(of request: Request) throws -> BodyFormat {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(
                .unsupportedMediaType, "Unsupported media type",
                "content encoding is `\(encoding)`; send the events as they are, without one")
        }
        let type = request.headers[.contentType] ?? ""
        // Spelt as most clients do.
        if type == "application/json" { return .json }
        if type == "application/x-ndjson" { return .ndjson }
        switch type.split(separator: ";").first.map({ $0.trimmingPrefix { $0 == " " }.lowercased() }) ?? "" {
        case "application/json": return .json
        case "application/x-ndjson", "application/ndjson": return .ndjson
        default:
            throw Problem(
                .unsupportedMediaType, "Unsupported media type",
                "content type is `\(type)`; send application/json (an event or an array) or application/x-ndjson (an event a line)")
        }
    }

    /// 202 where an event was taken, 422 where all were refused, 503 where the log could not take one that was good. The last two are
    /// problems which have the verdicts as well.
    private func answer(_ results: [Gateway.Result], to request: Request, _ context: APIContext) -> Response {
        var token = ReadToken()
        var counts = (accepted: 0, refused: 0, failed: 0)
        for result in results {
            switch result {
            case .accepted(_, let position):
                counts.accepted += 1
                token.add(topic: position.topic, partition: position.partition, offset: position.offset)
            case .refused: counts.refused += 1
            case .failed: counts.failed += 1
            }
        }
        let problem = counts.failed > 0 ? EventRoutes.logIsAway : counts.accepted == 0 ? EventRoutes.allRefused(results) : nil
        let body = JSONWriter.object(capacity: 512 + results.count * 80) { json in
            problem?.writeHead(to: &json, from: request, context: context)
            json.member("accepted", counts.accepted)
            json.member("refused", counts.refused)
            json.member("failed", counts.failed)
            json.member("token", token.isEmpty ? nil : token.text)
            json.member("events")
            var faultsLeft = EventRoutes.reportedFaultCountMax
            json.array(results) { json, result in json.object { write(result, to: &$0, &faultsLeft) } }
        }
        var response = Response.json(body, status: problem?.status ?? .accepted)
        if problem != nil { response.headers[.contentType] = Problem.contentType }
        if let seconds = problem?.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    private static var logIsAway: Problem {
        .unavailable("the log cannot take events now; send those marked failed again (their event_id makes that safe)")
    }

    private static var tooMuchUnderWay: Problem {
        .unavailable("as many events are under way as fit into memory; none of these was taken, send them again")
    }

    /// Names the first fault, for whoever reads no further.
    private static func allRefused(_ results: [Gateway.Result]) -> Problem {
        var detail = "no event of the body was taken; `events` has the path and the reason of each fault"
        if case .refused(let problems) = results.first, let first = problems.first {
            detail += ", the first is \(first.path): \(first.message)"
        }
        return Problem(.unprocessableContent, "Events refused", detail)
    }

    private func write(_ result: Gateway.Result, to json: inout JSONWriter, _ faultsLeft: inout Int) {
        switch result {
        case .accepted(let id, _):
            json.member("status", "accepted")
            json.member("event_id", id.text)
        case .refused(let problems):
            json.member("status", "refused")
            json.member("errors")
            let shown = problems.prefix(max(1, faultsLeft))
            faultsLeft -= shown.count
            json.array(shown) { json, problem in
                json.object {
                    $0.member("path", problem.path)
                    $0.member("code", problem.code)
                    $0.member("found", problem.found)
                    $0.member("message", problem.message)
                }
            }
            if shown.count < problems.count { json.member("more_errors", problems.count - shown.count) }
        case .failed(let error):
            json.member("status", "failed")
            json.member("message", error.description)
        }
    }
}
