package import Foundation

/// Where things stand in the checkout that the tests were built from.
package enum Repository {
    /// The folder with Package.swift. `RECS_ROOT` names it where the sources were built elsewhere.
    package static let root: URL = {
        if let root = ProcessInfo.processInfo.environment["RECS_ROOT"] { return URL(fileURLWithPath: root) }
        var folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
            precondition(folder.path != "/", "no Package.swift above \(#filePath); set RECS_ROOT to the checkout")
        }
        return folder
    }()
}

/// A folder that is removed with its owner.
package final class TemporaryFolder: Sendable {
    package let url: URL

    package init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("recs-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    package func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}
