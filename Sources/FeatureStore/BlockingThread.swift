internal import Dispatch
internal import Foundation
internal import Glibc

/// A thread of our own for calls that block, which must not be made on the cooperative pool.
final class BlockingThread: Sendable {
    private let ended = DispatchSemaphore(value: 0)

    /// Starts at once; the thread keeps what `body` holds until it returns.
    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [ended] in
            BlockingThread.nameThread(name)
            body()
            ended.signal()
        }
        thread.start()
    }

    /// Names the calling thread for the kernel, which keeps 15 bytes; Foundation's `Thread.name` does not leave the process on Linux.
    private static func nameThread(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        var name = name
        _ = name.withUTF8 { write(file, $0.baseAddress, $0.count) }
        close(file)
    }

    /// Waits until the body has returned. May be called more than once.
    func join() {
        ended.wait()
        ended.signal()
    }
}
