import Foundation
import TestSupport

/// Another process that holds the write lock of a SQLite file until `release`.
final class WriteLockHolder: Sendable {
    private let flag: String
    private let process: ChildProcess

    init(database: String, flag: String) throws {
        self.flag = flag
        let script = """
            import os, sqlite3, sys, time
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            open(sys.argv[2], "w").close()
            while os.path.exists(sys.argv[2]):
                time.sleep(0.005)
            connection.execute("ROLLBACK")
            """
        process = try ChildProcess(ChildProcess.python, ["-c", script, database, flag])
        guard eventually({ FileManager.default.fileExists(atPath: flag) }) else {
            throw SetupFailure(description: "python could not lock \(database): \(process.standardError)")
        }
    }

    func release() { unlink(flag) }
}
