internal import Glibc

/// A file that is written under a temporary name and gets its own once its bytes are on disk; what was not named is removed.
final class DurableFile {
    static let temporarySuffix = ".tmp"

    let path: String
    private let descriptor: Int32
    private var isNamed = false

    /// Begins `path`, making the folders above it that are missing below `root`.
    init(path: String, root: String) throws(LogError) {
        self.path = path
        try DurableFile.makeFolders(of: path, root: root)
        descriptor = Glibc.open(path + DurableFile.temporarySuffix, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LogError(file: errno, doing: "making \(path)") }
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
        if !isNamed { Glibc.unlink(path + DurableFile.temporarySuffix) }
    }

    func write(_ bytes: [UInt8]) throws(LogError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 {
                guard errno == EINTR else { throw LogError(file: errno, doing: "writing \(path)") }
            } else {
                written += count
            }
        }
    }

    /// Brings the bytes to disk.
    func synchronise() throws(LogError) {
        guard fsync(descriptor) == 0 else { throw LogError(file: errno, doing: "syncing \(path)") }
    }

    /// Takes the file's own name; durable after `synchroniseFolders`.
    func takeName() throws(LogError) {
        guard rename(path + DurableFile.temporarySuffix, path) == 0 else { throw LogError(file: errno, doing: "renaming \(path)") }
        isNamed = true
    }

    /// Brings the names of `path` and of the folders above it, up to `root`, to disk.
    static func synchroniseFolders(of path: String, root: String) throws(LogError) {
        var folder = parent(of: path)
        while folder.utf8.count >= root.utf8.count {
            let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw LogError(file: errno, doing: "opening \(folder)") }
            defer { Glibc.close(descriptor) }
            guard fsync(descriptor) == 0 else { throw LogError(file: errno, doing: "syncing \(folder)") }
            folder = parent(of: folder)
        }
    }

    /// All bytes of a file; nil where there is none.
    static func read(_ path: String) throws(LogError) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw LogError(file: errno, doing: "opening \(path)")
        }
        defer { Glibc.close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: max(size, 0)) { buffer, count in
            while count < buffer.count {
                let read = pread(descriptor, buffer.baseAddress! + count, buffer.count - count, off_t(count))
                if read < 0 && errno == EINTR { continue }
                if read < 0 { failure = errno }
                if read <= 0 { return }
                count += read
            }
        }
        guard failure == 0 else { throw LogError(file: failure, doing: "reading \(path)") }
        return bytes
    }

    static func makeFolders(of path: String, root: String) throws(LogError) {
        let folder = parent(of: path)
        guard folder.utf8.count >= root.utf8.count, access(folder, F_OK) != 0 else { return }
        try makeFolders(of: folder, root: root)
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw LogError(file: errno, doing: "making \(folder)") }
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}

extension LogError {
    /// The log's error for what the file system answered while `doing` something.
    init(file code: Int32, doing: String) {
        let text = String(cString: strerror(code))
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self.init(.full, "\(doing): \(text); free disk space, the archive goes on where it stopped")
        case EACCES, EPERM, EROFS, ENOENT, ENOTDIR:
            self.init(.unavailable, "\(doing): \(text); check that the folder exists and can be written")
        default: self.init(.unavailable, "\(doing): \(text)")
        }
    }
}
