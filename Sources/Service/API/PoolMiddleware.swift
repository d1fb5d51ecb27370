import Hummingbird
import NIOPosix

/// Takes requests off the event loop of their connection: those that read or write a database file, or work for long. They run on threads that
/// may block.
struct PoolMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        try await withTaskExecutorPreference(BlockingPool.shared) { try await next(request, context) }
    }
}

/// Runs tasks on NIO's threads for blocking work.
private final class BlockingPool: TaskExecutor {
    static let shared = BlockingPool()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        NIOThreadPool.singleton.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
