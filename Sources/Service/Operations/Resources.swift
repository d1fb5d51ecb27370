package import Events
package import Foundation

/// The files that the binary is shipped with: `Data/` and `Models/`.
///
/// They are looked for in `RECS_HOME`, else in the folders above the executable (a checkout's `.build/…/recs` finds the checkout).
package struct Resources: Sendable {
    package let root: String

    package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(ResourceError) {
        var candidates: [URL] = []
        if let home = environment["RECS_HOME"] { candidates.append(URL(fileURLWithPath: home)) }
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            candidates.append(folder)
            candidates.append(folder.appendingPathComponent("share/recs"))
            folder.deleteLastPathComponent()
        }
        for candidate in candidates
        where FileManager.default.fileExists(atPath: candidate.appendingPathComponent("Data/schemas/play_events").path) {
            root = candidate.path
            return
        }
        throw ResourceError(
            description: "the folders Data/ and Models/ were not found above the executable; set RECS_HOME to the folder that holds them")
    }

    /// The schemas of all event types.
    package func schemas() throws -> EventSchemas {
        let folder = URL(fileURLWithPath: root + "/Data/schemas")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
        let sources = try files.filter { $0.pathExtension == "avsc" }.sorted { $0.path < $1.path }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        return try EventSchemas(sources: sources)
    }

    package func catalog() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: root + "/Data/catalog/catalog.json")) }

    package func openAPI() throws -> String { try String(contentsOfFile: root + "/Data/openapi.json", encoding: .utf8) }

    package func rankerModel() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: root + "/Models/home-linear-1.json")) }
}

/// A file or folder is not where it should be, or not to be had: what was found, and what to do.
package struct ResourceError: Error, Sendable, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
}

extension FileManager {
    /// Makes a folder that a person named, and those above it.
    func makeNamedFolder(_ path: String) throws(ResourceError) {
        do {
            try createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw ResourceError(description: "the folder \(path) cannot be made: \(error.localizedDescription) Name another one")
        }
    }
}
