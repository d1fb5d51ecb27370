import Foundation
import GRDB

/// The files of a folder, by their paths within it.
enum BackupFiles {
    /// Every regular file, sorted.
    static func all(in folder: String) throws -> [String] {
        let keys: [URLResourceKey] = [.isRegularFileKey]
        guard let paths = FileManager.default.enumerator(atPath: folder) else { throw BackupError("cannot read \(folder)") }
        return try paths.compactMap { $0 as? String }.filter { path in
            try URL(fileURLWithPath: folder + "/" + path).resourceValues(forKeys: Set(keys)).isRegularFile == true
        }.sorted()
    }

    static func makeParent(of path: String) throws {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    }
}

/// Copies of SQLite files that others write to.
enum SQLiteCopy {
    /// Copies the database as it is at one moment into a new file.
    static func copy(_ path: String, to copy: String) throws {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        try DatabaseQueue(path: path, configuration: configuration).inDatabase {
            try $0.execute(sql: "VACUUM INTO ?", arguments: [copy])
        }
    }
}

/// Puts what was written on disk, so that a power cut does not take it back.
enum FolderSync {
    /// Every file and folder within `folder`, and itself.
    static func sync(_ folder: String) throws {
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        for path in paths { try syncOne(folder + "/" + path) }
        try syncOne(folder)
    }

    /// The folder that the path is in: after a rename.
    static func syncParent(of path: String) throws { try syncOne(URL(fileURLWithPath: path).deletingLastPathComponent().path) }

    private static func syncOne(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BackupError("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw BackupError("cannot write \(path) to disk: \(String(cString: strerror(errno)))") }
    }
}
