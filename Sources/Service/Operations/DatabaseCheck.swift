import Foundation
import GRDB

/// Looks whether SQLite files are whole.
enum DatabaseCheck {
    /// A larger file is opened and its schema read, no more: looking through it takes too long.
    private static let byteCountMax = 1 << 30

    /// What is wrong with a file, in SQLite's words; nil where nothing was found.
    static func fault(of path: String) -> String? {
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        do {
            let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue ?? 0
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                let pragma = size > byteCountMax ? "PRAGMA schema_version" : "PRAGMA quick_check(1)"
                let said = try String.fetchAll(database, sql: pragma)
                return size > byteCountMax || said == ["ok"] ? nil : said.joined(separator: "; ")
            }
        } catch {
            return (error as? DatabaseError).map { $0.message ?? "\($0.resultCode)" } ?? "\(error)"
        }
    }
}
