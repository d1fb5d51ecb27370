import Hummingbird
import NIOConcurrencyHelpers
import NIOCore

/// The yardstick of the signals' way: a plain Hummingbird sending what is posted to a stream of server-sent events, and nothing else.
package enum EchoServer {
    /// Serves until it is stopped; `whenListening` is called with the port.
    package static func run(whenListening: @escaping @Sendable (Int) -> Void) async throws {
        let streams = NIOLockedValueBox<[String: AsyncStream<ByteBuffer>.Continuation]>([:])
        let router = Router()
        router.get("streams/:name") { _, context in
            let name = try context.parameters.require("name")
            let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream(bufferingPolicy: .bufferingNewest(64))
            streams.withLockedValue { $0[name] = continuation }
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream"],
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "retry: 1000\n: echo\n\n"))
                    for await body in stream {
                        var frame = ByteBuffer(string: "data: ")
                        frame.writeImmutableBuffer(body)
                        frame.writeStaticString("\n\n")
                        try await writer.write(frame)
                    }
                    try await writer.finish(nil)
                })
        }
        router.post("streams/:name") { request, context in
            let name = try context.parameters.require("name")
            let body = try await request.body.collect(upTo: 1 << 16)
            _ = streams.withLockedValue { $0[name]?.yield(body) }
            return HTTPResponse.Status.accepted
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in whenListening(channel.localAddress?.port ?? 0) })
        try await application.runService()
    }
}
