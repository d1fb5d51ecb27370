internal import Foundation

/// What a crash left in a topic's folder: files under temporary names, and files that the manifest does not list.
enum ArchiveLeftovers {
    /// Removes them; for the holder of the lock alone.
    static func remove(root: String, listed: Set<String>) throws(LogError) {
        for path in files(root: root) where !listed.contains(path) { try unlink("\(root)/\(path)") }
    }

    /// Removes files that the manifest lists no longer.
    static func remove(root: String, _ files: [ArchivedFile]) throws(LogError) {
        for file in files { try unlink("\(root)/\(file.path)") }
    }

    private static func unlink(_ path: String) throws(LogError) {
        guard Foundation.unlink(path) == 0 || errno == ENOENT else { throw LogError(file: errno, doing: "removing \(path)") }
    }

    /// The paths of all data files below the folder, temporary ones too.
    static func files(root: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".avro") || $0.hasSuffix(".avro" + DurableFile.temporarySuffix) }
    }
}
