import EventLog
import Foundation

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

    private static func path(_ dataFolder: String) -> String { dataFolder + "/log.lock" }
}
