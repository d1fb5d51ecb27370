import Foundation
import TestSupport

/// The files of the checkout, read once.
enum Checkout {
    static let folders = ["Sources", "Tests", "Scripts", "Data", ".ci"]
    static let textByteCountMax = 1 << 20

    /// All Swift files of Sources and Tests.
    static let swiftSources: [SwiftSource] = paths(under: ["Sources", "Tests"]).filter { $0.hasSuffix(".swift") }.compactMap { path in
        text(path).map { SwiftSource(path: path, text: $0) }
    }

    /// The Swift files of Sources.
    static var productSources: [SwiftSource] { swiftSources.filter { $0.path.hasPrefix("Sources/") } }

    /// Files under the folders, relative to the checkout, sorted.
    static func paths(under folders: [String]) -> [String] {
        folders.flatMap { folder -> [String] in
            let url = Repository.root.appendingPathComponent(folder)
            let names = FileManager.default.enumerator(atPath: url.path)?.compactMap { $0 as? String } ?? []
            return names.filter { !isFolder("\(folder)/\($0)") && !$0.contains("__pycache__") }.map { "\(folder)/\($0)" }
        }.sorted()
    }

    /// Files at the top of the checkout.
    static var topFiles: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Repository.root.path)) ?? []
        return names.filter { !isFolder($0) && $0 != ".git" }.sorted()
    }

    /// The text of a file; nil where it is large or not text.
    static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: Repository.root.appendingPathComponent(path).path) else { return nil }
        return data.count <= textByteCountMax ? String(data: data, encoding: .utf8) : nil
    }

    static func isExecutable(_ path: String) -> Bool {
        FileManager.default.isExecutableFile(atPath: Repository.root.appendingPathComponent(path).path)
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: Repository.root.appendingPathComponent(path).path, isDirectory: &isFolder)
        return isFolder.boolValue
    }
}
