import Hummingbird
import NIOConcurrencyHelpers
import Synchronization

/// Answers requests by the routes of a process once its parts stand. Before, it says that the process starts and what it waits for, so that
/// nobody takes it for dead while a broker is away.
final class Startup: HTTPResponder {
    private final class Finished: Sendable {
        let parts: Parts
        let responder: RouterResponder<APIContext>

        init(_ parts: Parts, _ responder: RouterResponder<APIContext>) {
            self.parts = parts
            self.responder = responder
        }
    }

    private let finished = AtomicLazyReference<Finished>()
    private let step = NIOLockedValueBox("making its parts")
    private let (ports, announced) = AsyncStream.makeStream(of: Int.self)

    /// Nil until they stand.
    var parts: Parts? { finished.load()?.parts }

    /// The port that the process listens on, waited for; nil where the caller is cancelled.
    var port: Int? {
        get async { await ports.first { _ in true } }
    }

    func listens(on port: Int) { announced.yield(port) }

    /// Notes what the process waits for.
    func waits(for step: String) { self.step.withLockedValue { $0 = step } }

    /// From now on, requests are answered by these routes.
    func finish(_ parts: Parts, _ responder: RouterResponder<APIContext>) { _ = finished.storeIfNil(Finished(parts, responder)) }

    func respond(to request: Request, context: APIContext) async throws -> Response {
        if let finished = finished.load() { return try await finished.responder.respond(to: request, context: context) }
        let reason = "starting: \(step.withLockedValue { $0 })"
        switch request.uri.path {
        case "/healthz": return OperationRoutes.alive
        case "/readyz": return OperationRoutes.readiness([reason])
        default: return Problem.unavailable(reason).response(from: request, context: context)
        }
    }
}
