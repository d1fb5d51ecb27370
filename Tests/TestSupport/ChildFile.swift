import Foundation
import Glibc

/// A file between a child and us that has no name: it is gone with the last who has it open, however they end.
final class ChildFile: Sendable {
    let descriptor: Int32

    init(_ contents: Data = Data()) throws {
        let path = FileManager.default.temporaryDirectory.path + "/recs-child-\(UUID().uuidString)"
        try contents.write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileNoSuchFile) }
    }

    deinit { close(descriptor) }

    /// Names it for whoever opens it anew, from its beginning, in this process or before a child begins.
    var path: String { "/proc/self/fd/\(descriptor)" }

    var contents: Data { (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data() }
}
