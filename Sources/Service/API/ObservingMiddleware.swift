import GRDB
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Outermost middleware: gives every answer its `X-Request-ID`, turns errors into problems, counts every status code, times requests.
struct ObservingMiddleware: RouterMiddleware {
    typealias Context = APIContext
    private let routes: RouteMetrics

    private let endpoints: EndpointTable

    init(metrics: Metrics, endpoints: EndpointTable) {
        routes = RouteMetrics(metrics)
        self.endpoints = endpoints
    }

    func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        var response: Response
        do {
            // The router would pass over it, and take what follows for the name that is missing.
            if hasEmptyPart(request.uri.path) {
                throw Problem.badRequest("the path has an empty part, \(request.uri.path): a name is missing, or a slash too many")
            }
            if let query = request.uri.query, let path = context.endpointPath,
                let fault = endpoints.fault(ofQuery: query, method: request.method.rawValue, path: path)
            {
                throw Problem.badRequest(fault)
            }
            response = try await next(request, context)
        } catch let problem as Problem {
            response = problem.response(from: request, context: context)
        } catch let error as any HTTPResponseError {
            response = problem(for: error.status, request).response(from: request, context: context)
        } catch let error as DatabaseError {
            context.logger.error("request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            response = (Problem(error) ?? ObservingMiddleware.internalError).response(from: request, context: context)
        } catch let error where ObservingMiddleware.isBrokenOff(error) {
            // By the client, who hears no answer.
            context.logger.info("request broken off", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            response = Problem.badRequest("the request's body ended early, or is no HTTP").response(from: request, context: context)
        } catch {
            context.logger.error("request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            response = ObservingMiddleware.internalError.response(from: request, context: context)
        }
        response.identify(context)
        let answered = RouteMetrics.Kind(
            method: request.method.rawValue, route: context.endpointPath ?? "unmatched", code: response.status.code)
        routes.observe(answered, seconds: (ContinuousClock.now - started) / .seconds(1))
        return response
    }

    private func hasEmptyPart(_ path: String) -> Bool {
        zip(path.utf8, path.utf8.dropFirst()).contains { $0 == UInt8(ascii: "/") && $1 == UInt8(ascii: "/") }
    }

    private static func isBrokenOff(_ error: any Error) -> Bool {
        error is HTTPParserError || error is ChannelError || error is IOError
    }

    private static let internalError = Problem(
        .internalServerError, "Internal error", "the service failed to answer; the log has the reason under this request_id")

    /// What the framework itself refuses, in our words.
    private func problem(for status: HTTPResponse.Status, _ request: Request) -> Problem {
        switch status {
        case .notFound: unmatched(request)
        case .contentTooLarge: Problem(status, "Content too large", "the body is larger than the limit; send fewer events a request")
        default: Problem(status, status.reasonPhrase, "the request could not be answered")
        }
    }

    private func unmatched(_ request: Request) -> Problem {
        let methods = endpoints.methods(at: request.uri.path)
        if methods.isEmpty || methods.contains(request.method.rawValue) {
            return .notFound("there is nothing at \(request.method) \(request.uri.path); /openapi.json lists what there is")
        }
        var problem = Problem(
            .methodNotAllowed, "Method not allowed", "\(request.uri.path) takes \(methods.joined(separator: ", ")), not \(request.method)")
        problem.allowedMethods = methods
        return problem
    }
}

extension Response {
    private static let requestID = HTTPField.Name("X-Request-ID")

    /// Gives the answer the id of its request.
    mutating func identify(_ context: APIContext) {
        if let name = Response.requestID { headers[name] = context.id }
    }
}
