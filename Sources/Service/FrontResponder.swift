import FeatureStore
import Hummingbird
import NIOConcurrencyHelpers
import Synchronization

/// Answers requests by the routes of a process while its parts stand. Before, it says that the process starts and what it waits for, so that
/// nobody takes it for dead while a broker is away.
final class FrontResponder: HTTPResponder {
    private final class Finished: Sendable {
        let parts: Parts
        let responder: RouterResponder<APIContext>

        init(_ parts: Parts, _ responder: RouterResponder<APIContext>) {
            self.parts = parts
            self.responder = responder
        }
    }

    private let finished = AtomicLazyReference<Finished>()
    private let hasEndedSignals = Atomic(false)
    private let hasEndedRequests = Atomic(false)
    private let obstacle = NIOLockedValueBox("starting: making its parts")
    private let (ports, announced) = AsyncStream.makeStream(of: Int.self)

    /// Nil until they stand.
    var parts: Parts? { finished.load()?.parts }

    /// The port that the process listens on, waited for; nil where the caller is cancelled.
    var port: Int? {
        get async { await ports.first { _ in true } }
    }

    func listens(on port: Int) { announced.yield(port) }

    /// Notes what the process waits for.
    func waits(for step: String) { obstacle.withLockedValue { $0 = "starting: \(step)" } }

    /// From now on, requests are answered by these routes.
    func finish(_ parts: Parts, _ responder: RouterResponder<APIContext>) {
        _ = finished.storeIfNil(Finished(parts, responder))
        if hasEndedSignals.load(ordering: .sequentiallyConsistent) { parts.signals.stop() }
    }

    /// From now on, requests are refused: parts that answer them stop.
    func endRequests() {
        obstacle.withLockedValue { $0 = "stopping: a part of the service has failed; the log says which" }
        hasEndedRequests.store(true, ordering: .releasing)
    }

    /// Ends the players' signal streams, also those that are asked for later.
    func endSignals() {
        hasEndedSignals.store(true, ordering: .sequentiallyConsistent)
        parts?.signals.stop()
    }

    func respond(to request: Request, context: APIContext) async throws -> Response {
        if let finished = finished.load(), !hasEndedRequests.load(ordering: .acquiring) {
            return try await finished.responder.respond(to: request, context: context)
        }
        var response = refusal(of: request, context)
        response.identify(context)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func refusal(of request: Request, _ context: APIContext) -> Response {
        let reason = obstacle.withLockedValue { $0 }
        return switch request.uri.path {
        case "/healthz": OperationRoutes.alive
        case "/readyz": OperationRoutes.readiness([reason])
        default: Problem.unavailable(reason).response(from: request, context: context)
        }
    }
}
