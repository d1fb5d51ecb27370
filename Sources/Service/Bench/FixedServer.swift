import Hummingbird
import NIOCore

/// The yardstick of the HTTP benchmarks: Hummingbird as it comes (requests on the shared pool), answering every GET with one body, and every post
/// of events with an empty 202.
package enum FixedServer {
    /// Serves until it is stopped; `whenListening` is called with the port.
    package static func run(byteCount: Int, whenListening: @escaping @Sendable (Int) -> Void) async throws {
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: byteCount)
        let router = Router()
        router.get("/") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
        }
        router.post("/v1/events") { _, _ in Response(status: .accepted) }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in whenListening(channel.localAddress?.port ?? 0) })
        try await application.runService()
    }
}
