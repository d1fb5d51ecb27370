internal import Dispatch

/// A thread for calls that block (SQLite, librdkafka), so that they never occupy the cooperative pool.
struct BlockingQueue: Sendable {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    /// Runs `body` on the queue's thread, after the calls that came earlier.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws(LogError) -> Value) async throws(LogError) -> Value {
        let result: Result<Value, LogError> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { () throws(LogError) in try body() }) }
        }
        return try result.get()
    }

    /// Runs `body` on the queue's thread without waiting for it.
    func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }
}
