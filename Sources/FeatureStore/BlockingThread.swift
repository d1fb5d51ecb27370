internal import Dispatch
internal import Foundation

/// A thread of our own for calls that block, which must not be made on the cooperative pool.
final class BlockingThread: Sendable {
    private let ended = DispatchSemaphore(value: 0)

    /// Starts at once; the thread keeps what `body` holds until it returns.
    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [ended] in
            body()
            ended.signal()
        }
        thread.name = name
        thread.start()
    }

    /// Waits until the body has returned. May be called more than once.
    func join() {
        ended.wait()
        ended.signal()
    }
}
