import EventLog
import Events
import Foundation

extension Configuration {
    /// True where a topic of an embedded log is in its folder.
    var hasEmbeddedLog: Bool { Topic.allCases.contains { LogSnapshot.exists($0, in: logFolder) } }

    /// For tools that look into what is there: throws where the data folder has neither log nor archive, as opening them would make new ones.
    package func requireLog() throws {
        if log != "embedded" { return }
        if hasEmbeddedLog || FileManager.default.fileExists(atPath: archiveFolder) { return }
        // A repartition that was cut short may have no log in place; whoever takes the lease is told how to finish it.
        if try RepartitionFolder(dataFolder: dataFolder).plan() != nil { return }
        let fix = "name the data folder of a service with --data, or its broker with --log kafka://HOST:PORT"
        throw LogError(.mismatch, "there is no log in \(dataFolder); \(fix)")
    }
}

/// A process's hold on the embedded log of a data folder: shared by all that work with it, or alone, to put another log in its place.
package final class LogLease: Sendable {
    private let lock: FileLock

    /// Throws where a repartition works on the log, or was cut short at a point from which it has to be finished.
    package init(sharing dataFolder: String) throws {
        try FileManager.default.createDirectory(atPath: dataFolder, withIntermediateDirectories: true)
        guard let lock = try FileLock(LogLease.path(dataFolder), shared: true) else {
            throw LogError(.mismatch, "`recs repartition` works on the log in \(dataFolder); wait until it has ended")
        }
        self.lock = lock
        if let plan = try RepartitionFolder(dataFolder: dataFolder).plan(), plan.phase == .decided {
            throw LogError(
                .mismatch, "a repartition of \(dataFolder) was cut short while it put the new log in place; finish it: \(plan.command)")
        }
    }

    /// Throws where any process works with the log.
    init(alone dataFolder: String) throws {
        guard let lock = try FileLock(LogLease.path(dataFolder)) else {
            throw RepartitionError(
                "another process works with the log in \(dataFolder) (recs serve, work, replay, verify, backup or log tail): stop it first")
        }
        self.lock = lock
    }

    /// True where a process works with the log, or cannot be seen to have ended.
    static func isHeld(_ dataFolder: String) -> Bool {
        guard FileManager.default.fileExists(atPath: path(dataFolder)) else { return false }
        guard let lock = try? FileLock(path(dataFolder)) else { return true }
        withExtendedLifetime(lock) {}
        return false
    }

    private static func path(_ dataFolder: String) -> String { dataFolder + "/log.lock" }
}
