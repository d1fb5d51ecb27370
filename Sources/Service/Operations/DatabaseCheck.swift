import Foundation
import GRDB

/// Looks whether SQLite files are whole.
enum DatabaseCheck {
    /// A larger file is opened and its schema read, no more: looking through it takes too long.
    private static let byteCountMax = 1 << 30

    /// What was found of a file, and what to do about it; nil where nothing has to be done.
    static func look(at path: String) -> (found: String, fix: String?) {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue ?? 0
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                if size > byteCountMax {
                    _ = try Int.fetchOne(database, sql: "PRAGMA schema_version")
                    return ("opens; too large to look through here (sqlite3 \(path) 'PRAGMA quick_check')", nil)
                }
                let said = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
                return said == ["ok"] ? ("whole", nil) : (said.joined(separator: "; "), ResultCode.SQLITE_CORRUPT.advice)
            }
        } catch let error as DatabaseError {
            return (error.message ?? "\(error.resultCode)", error.resultCode.advice)
        } catch {
            return ("\(error)", ResultCode.SQLITE_CANTOPEN.advice)
        }
    }
}

extension ResultCode {
    /// What to do where a file of the data folder cannot be opened for this reason. A backup is of the whole folder: one file of it, beside others of
    /// today, would be worse than none.
    var advice: String {
        switch self {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            "it is damaged: stop the service, move the whole data folder away and bring it back from a backup (recs restore BACKUP --data FOLDER)"
        case .SQLITE_FULL: "free disk space"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "another process holds it: try again"
        default: "check that this user may read and write it and its folder, and how many files a process may open (ulimit -n)"
        }
    }
}
