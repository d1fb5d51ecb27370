import EventLog
import TestSupport

/// Moves a consumer to the one thread that uses it; unchecked because the compiler cannot see that it stays there.
final class ConsumerOnThread: @unchecked Sendable {
    let consumer: any LogConsumer
    init(_ consumer: any LogConsumer) { self.consumer = consumer }
}

/// Runs `body` with the consumer on a thread, as jobs do, and closes it there.
func reading<Value: Sendable>(
    _ consumer: any LogConsumer, _ body: @escaping @Sendable (any LogConsumer) throws -> Value
) async throws -> Value {
    let handle = ConsumerOnThread(consumer)
    return try await onOwnThread {
        defer { handle.consumer.close() }
        return try body(handle.consumer)
    }
}
