import Foundation
import GRDB

/// Copies archives into a backup: of each the manifest first, then the files that it lists. These never change, so a hard link will do.
struct ArchiveCopy {
    static let manifestName = "manifest.sqlite"
    /// How often a manifest is taken anew because a compaction has removed files that it listed.
    private static let attemptCountMax = 20

    let source: String
    let target: String
    let progress: (String) -> Void

    /// Copies every archive below `source`, wherever a manifest stands.
    func run() throws {
        for path in try BackupFiles.all(in: source) where path.split(separator: "/").last == Substring(ArchiveCopy.manifestName) {
            let place = String(path.dropLast(ArchiveCopy.manifestName.count))
            var attemptCount = 1
            while try !copy(source + "/" + place, to: target + "/" + place) {
                attemptCount += 1
                if attemptCount > ArchiveCopy.attemptCountMax {
                    throw BackupError("\(source)/\(path) lists files that are not there; run recs archive check, then back up again")
                }
            }
        }
    }

    /// False where a file that the manifest lists has gone since.
    private func copy(_ folder: String, to copy: String) throws -> Bool {
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        let manifest = copy + ArchiveCopy.manifestName
        progress("copying the archive in \(folder)")
        try SQLiteCopy.copy(folder + ArchiveCopy.manifestName, to: manifest)
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        let paths = try DatabaseQueue(path: manifest, configuration: configuration).inDatabase { database in
            try String.fetchAll(database, sql: "SELECT path FROM files")
        }
        for path in paths {
            try BackupFiles.makeParent(of: copy + path)
            if link(folder + path, copy + path) == 0 { continue }
            guard FileManager.default.fileExists(atPath: folder + path) else { return false }
            try FileManager.default.copyItem(atPath: folder + path, toPath: copy + path)
        }
        return true
    }
}
