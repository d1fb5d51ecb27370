import EventLog
import FeatureStore
import Features
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /v1/sessions/{id}/signals`: quality signals to a player as server-sent events, resumable with `Last-Event-ID`.
struct SessionRoutes: Sendable {
    /// A comment is sent so often, so that proxies keep the line and a dead client is noticed.
    static let heartbeat = Duration.seconds(15)

    let feed: SignalFeed

    func add(to group: RouterGroup<APIContext>) {
        group.get("sessions/:session/signals") { request, context in try signals(request, context) }
    }

    private func signals(_ request: Request, _ context: APIContext) throws -> Response {
        let session = SessionID(try context.name("session"))
        let start = try start(of: request)
        let stream: AsyncStream<StoredSignal>
        do {
            stream = try feed.subscribe(session, from: start)
        } catch {
            throw Problem.unavailable("no more players can listen to signals here: \(error)")
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache"]
        return Response(status: .ok, headers: headers, body: ResponseBody { try await write(stream, to: &$0) })
    }

    private func start(of request: Request) throws(Problem) -> SignalStart {
        guard let name = HTTPField.Name("Last-Event-ID"),
            let text = request.headers[name] ?? Query(request: request).text("last_event_id")
        else { return .now }
        guard let id = SignalID(text) else { throw .badRequest("`Last-Event-ID` is `\(text)`; send an id of this stream, or 0-0 for all") }
        return .after(id)
    }

    /// Concurrent as the writer's own methods are.
    @concurrent private func write(_ stream: AsyncStream<StoredSignal>, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: "retry: 1000\n: signals\n\n"))
        for await item in withHeartbeats(stream) {
            switch item {
            case .heartbeat: try await writer.write(ByteBuffer(string: ": still here\n\n"))
            case .signal(let signal):
                var frame = ByteBuffer(string: "id: \(signal.id)\nevent: quality\ndata: ")
                frame.writeBytes(signal.payload)
                frame.writeStaticString("\n\n")
                try await writer.write(frame)
            }
        }
        try await writer.finish(nil)
    }

    private enum Item: Sendable {
        case signal(StoredSignal)
        case heartbeat
    }

    /// The signals with heartbeats between them; both producers end with the reader.
    private func withHeartbeats(_ signals: AsyncStream<StoredSignal>) -> AsyncStream<Item> {
        AsyncStream(bufferingPolicy: .bufferingNewest(SignalFeed.bufferedCountMax)) { continuation in
            let producer = Task {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await signal in signals { continuation.yield(.signal(signal)) }
                        continuation.finish()
                    }
                    group.addTask {
                        while !Task.isCancelled {
                            try? await Task.sleep(for: SessionRoutes.heartbeat)
                            continuation.yield(.heartbeat)
                        }
                    }
                    await group.next()
                    group.cancelAll()
                }
            }
            continuation.onTermination = { _ in producer.cancel() }
        }
    }
}
