internal import Foundation

/// Waits without holding a thread until `condition` holds, asking again every 20 ms, at most `seconds`; answers whether it came to hold.
package func comesTrue(
    within seconds: Double = 30, _ condition: @Sendable () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try await condition()
}

/// Runs what blocks on a thread of its own.
package func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}

/// Now, in milliseconds since 1970.
package func millisecondsNow() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
