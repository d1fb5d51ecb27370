import Hummingbird
import NIOCore
import Testing

@testable import Service

/// On which threads requests run.
@Suite struct LoopConnectionsTests {
    /// Knows the loop of its connection.
    private struct LoopContext: RequestContext {
        var coreContext: CoreRequestContextStorage
        private let loop: any EventLoop

        init(source: ApplicationRequestContextSource) {
            coreContext = .init(source: source)
            loop = source.channel.eventLoop
        }

        /// True where the caller runs on the loop, now and after it has waited for something else.
        func runsOnLoop() async throws -> [Bool] {
            let before = loop.inEventLoop
            try await Task.sleep(for: .milliseconds(1))
            return [before, loop.inEventLoop]
        }
    }

    @Test func requestsRunOnTheLoopOfTheirConnectionUnlessTakenOff() async throws {
        let router = Router(context: LoopContext.self)
        router.get("loop") { _, context in "\(try await context.runsOnLoop())" }
        router.group().add(middleware: PoolMiddleware()).get("pool") { _, context in "\(try await context.runsOnLoop())" }
        let (ports, announced) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, server: LoopConnections.server, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { announced.yield($0.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { announced.finish() }
                try await application.run()
            }
            let port = try #require(await ports.first { _ in true })
            try await RecsClient.with("http://127.0.0.1:\(port)") { client in
                for _ in 0..<3 {
                    let (onLoop, inPool) = (try await client.get("/loop").text, try await client.get("/pool").text)
                    #expect(onLoop == "[true, true]")
                    #expect(inPool == "[false, false]")
                }
            }
            group.cancelAll()
        }
    }
}
