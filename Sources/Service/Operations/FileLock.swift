import Foundation

/// Holds a file for this process alone, or with others that share it, over all processes of the machine; freed with the process at the latest.
package struct FileLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Nil where another process holds it alone, or at all where it is not to be `shared`.
    package init?(_ path: String, shared: Bool = false) throws(ResourceError) {
        // Close-on-exec: a child process that inherited the descriptor would keep the lock beyond our end.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ResourceError(description: "cannot open \(path): \(String(cString: strerror(errno)))") }
        if flock(descriptor, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    /// Unlocks before it closes: a child that another thread is starting has a copy of the descriptor until its `exec`.
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
