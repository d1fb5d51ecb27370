internal import GRDB

extension LogError {
    /// The log's error for what SQLite or GRDB threw while `doing` something.
    init(embedded error: any Error, doing: String) {
        if let error = error as? LogError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, "\(doing): \(error)")
            return
        }
        let text = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_FULL: self.init(.full, "\(doing): \(text); free disk space, or let `log_retention_days` bound the log")
        case .SQLITE_IOERR:
            self.init(
                .unavailable, "\(doing): \(text); check the disk: its space, its health, and the limit on the size of files (`ulimit -f`)")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.unavailable, "\(doing): another process holds the topic (\(text)); try again")
        case .SQLITE_TOOBIG: self.init(.tooLarge, "\(doing): \(text)")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self.init(.invalid, "\(doing): the topic file is damaged (\(text)); restore it from a backup")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            self.init(.unavailable, "\(doing): \(text); check that the folder exists and can be written")
        default: self.init(.unavailable, "\(doing): \(text)")
        }
    }
}
