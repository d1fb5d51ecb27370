import EventLog
import Events
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
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
        try await serving(router) { client in
            for _ in 0..<3 {
                let (onLoop, inPool) = (try await client.get("/loop").text, try await client.get("/pool").text)
                #expect(onLoop == "[true, true]")
                #expect(inPool == "[false, false]")
            }
        }
    }

    @Test func largeBodiesLeaveTheLoop() async throws {
        let folder = try TemporaryFolder()
        let appendedOnLoop = NIOLockedValueBox<[Bool]>([])
        let log = try EmbeddedLog(
            folder: folder.path("log"),
            deferral: { work in
                appendedOnLoop.withLockedValue { $0.append(MultiThreadedEventLoopGroup.currentEventLoop != nil) }
                work()
            })
        _ = try await log.open(.feedback, partitions: 1)
        let gateway = Gateway(log: log, encoder: try .ofOurSchemas(), metrics: Metrics(), logger: Logger(label: "test"))
        let router = Router(context: APIContext.self)
        EventRoutes(gateway: gateway, bodyByteCountMax: 1 << 20, budget: BodyBudget(byteCountMax: 1 << 20, metrics: Metrics()))
            .add(to: router.group("v1"))
        try await serving(router) { client in
            for padding in [0, 40_000, 0] {
                let event = """
                    {"event_id":"00000000-0000-4000-8000-000000000001","event_type":"title_rated","user_id":"u","device_id":"tv",\
                    "session_id":"s","timestamp":\(wallClockMilliseconds()),"region":"SEA","title_id":"sintel","rating":4}
                    """
                let body = ByteBuffer(string: "[\(event)\(String(repeating: " ", count: padding))]")
                let answer = try await client.post("/v1/events", contentType: "application/json", body: body)
                #expect(answer.status == 202)
            }
        }
        #expect(appendedOnLoop.withLockedValue { $0 } == [true, false, true])
        await log.close()
    }

    /// Lends a client of a server with these routes.
    private func serving<Context: RequestContext>(
        _ router: Router<Context>, _ body: @escaping @Sendable (RecsClient) async throws -> Void
    ) async throws where Context: InitializableFromSource<ApplicationRequestContextSource> {
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
            try await RecsClient.with("http://127.0.0.1:\(port)") { try await body($0) }
            group.cancelAll()
        }
    }
}
