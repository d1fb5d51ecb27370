import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// HTTP/1.1 connections whose requests run on the event loop that reads and writes them: a page wakes no other thread but the one that asks
/// the store. What may block a thread, or keeps it for long, goes to other threads (`PoolMiddleware`).
struct LoopConnections: ServerChildChannel {
    /// A client that keeps a body half sent, or sends nothing, for longer loses its connection: it would hold what others have no room for, and
    /// keep the process from its end.
    private static let idleTimeout = TimeAmount.seconds(30)
    static let server = HTTPServerBuilder {
        LoopConnections(base: HTTP1Channel(responder: $0, configuration: .init(idleTimeout: idleTimeout)))
    }

    let base: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> { base.setup(channel: channel, logger: logger) }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(loop: value.channel.eventLoop)) { await base.handle(value: value, logger: logger) }
    }
}

/// Runs tasks on an event loop that lives as long as the process.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Does the work once the event loop that the caller runs on has run the requests that are ready, so that what they want of the store or of the
/// log goes together; at once where the caller runs on none.
func afterTurn(_ work: @escaping @Sendable () -> Void) {
    if let loop = MultiThreadedEventLoopGroup.currentEventLoop { loop.execute(work) } else { work() }
}
