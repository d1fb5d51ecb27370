internal import Glibc

/// Holds a topic for one consumer of a group, over all processes: an advisory lock on `<topic>.<group>.lock`, freed with the process at the latest.
/// Who ends in order removes the file, as groups come and go with namespaces.
struct ConsumerLock: ~Copyable {
    private let descriptor: Int32
    private let path: String
    /// False while another holds the lock.
    private var isHeld = false

    private init(path: String) throws(LogError) {
        self.path = path
        descriptor = try ConsumerLock.openFile(path)
    }

    /// Unlocks before it closes: a child that another thread is starting has a copy of the descriptor until its `exec`.
    deinit {
        if isHeld, ConsumerLock.isThere(descriptor, path) { unlink(path) }
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }

    /// Takes the lock, or throws `.mismatch` naming the process that holds it.
    static func take(folder: String, topic: String, group: String) throws(LogError) -> ConsumerLock {
        guard !group.isEmpty, group.utf8.allSatisfy(ConsumerLock.isNameByte) else {
            throw LogError(.invalid, "consumer group '\(group)': use letters, digits, '.', '-' and '_' only")
        }
        while true {
            var lock = try ConsumerLock(path: "\(folder)/\(topic).\(group).lock")
            guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw LogError(
                    .mismatch,
                    "\(topic) is already read by group '\(group)' in process \(readHolder(lock.descriptor)); stop that process first "
                        + "(the embedded log has one consumer a group)")
            }
            // Whoever held it may have removed it after we had opened it: then it is nobody's file.
            guard isThere(lock.descriptor, lock.path) else { continue }
            lock.isHeld = true
            let text = "\(getpid())\n"
            ftruncate(lock.descriptor, 0)
            pwrite(lock.descriptor, text, text.utf8.count, 0)
            return lock
        }
    }

    /// True where the path still names the file that is open.
    private static func isThere(_ descriptor: Int32, _ path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    private static func openFile(_ path: String) throws(LogError) -> Int32 {
        // Close-on-exec: a child process that inherited the descriptor would keep the lock beyond our end.
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LogError(.unavailable, "cannot open \(path): \(String(cString: strerror(errno)))") }
        return descriptor
    }

    private static func readHolder(_ descriptor: Int32) -> String {
        var text = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &text, text.count, 0)
        return count > 0 ? String(decoding: text[..<count].prefix { $0 != 10 }, as: UTF8.self) : "unknown"
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
