import EventLog
import Events
import Foundation

/// A repartition cannot be done: what was found, and what to do.
package struct RepartitionError: Error, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// What a repartition is to come to and how far it is; kept on disk, so that a run that was ended goes on.
struct RepartitionPlan: Codable {
    enum Phase: String, Codable {
        /// The new log is not whole; it is begun again.
        case rewriting
        /// The new log is whole, and its features may be.
        case rewritten
        /// The new log and its features are the ones in use from now on, whatever has been moved so far.
        case decided
    }

    /// A topic's old and new log.
    struct Topic: Codable {
        var topic: String
        var oldGeneration: UInt64
        /// The next offset of each old partition when it was rewritten.
        var oldEnds: [Int64]
        var generation: UInt64
        var ends: [Int64]
        var recordCount: Int64
    }

    /// A record that a dead letter names by where it stood, with where it stands in the new log.
    struct MovedRecord: Codable {
        var topic: String
        var oldPartition: Int32
        var oldOffset: Int64
        var partition: Int32
        var offset: Int64
    }

    var phase = Phase.rewriting
    var oldPartitions: Int
    var partitions: Int
    var namespace: String
    var topics: [Topic] = []
    var movedRecords: [MovedRecord] = []

    /// What finishes it.
    var command: String { "recs repartition --partitions \(partitions) --into \(namespace)" }

    /// What the features of the new log need not emit again, as the registry of namespaces notes it: all that is on it.
    var handoverText: String {
        var token = ReadToken()
        for entry in topics {
            guard let topic = Events.Topic(name: entry.topic), topic.hasJob else { continue }
            for (partition, end) in entry.ends.enumerated() where end > 0 {
                token.add(topic: topic, partition: Int32(partition), offset: end - 1)
            }
        }
        return token.isEmpty ? "-" : token.text
    }
}

/// The folders of a data folder that a repartition works with: `repartition` holds the plan and the new log until that is in its place,
/// `retired` afterwards the old log and archive, with the plan that has been carried out.
struct RepartitionFolder {
    let dataFolder: String

    var logFolder: String { dataFolder + "/log" }
    var archiveFolder: String { dataFolder + "/archive" }
    var workFolder: String { dataFolder + "/repartition" }
    var newLogFolder: String { workFolder + "/log" }
    var retiredFolder: String { dataFolder + "/retired" }
    private static let planName = "/plan.json"

    /// What is under way; nil where nothing is.
    func plan() throws -> RepartitionPlan? { try read(workFolder + RepartitionFolder.planName) }

    /// What has been carried out and of which the old log is still kept.
    func retiredPlan() throws -> RepartitionPlan? { try read(retiredFolder + RepartitionFolder.planName) }

    private func read(_ path: String) throws -> RepartitionPlan? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do { return try JSONDecoder().decode(RepartitionPlan.self, from: data) } catch {
            throw RepartitionError("\(path) cannot be read (\(error)); was it written by another version?")
        }
    }

    /// Replaces the plan in one step; it is on disk when this returns.
    func write(_ plan: RepartitionPlan) throws {
        try make(workFolder)
        let path = workFolder + RepartitionFolder.planName
        try JSONEncoder().encode(plan).write(to: URL(fileURLWithPath: path + ".new"))
        try FolderSync.sync(workFolder)
        try move(path + ".new", to: path)
    }

    /// Removes the new log that was not finished.
    func removeNewLog() throws {
        if exists(newLogFolder) { try FileManager.default.removeItem(atPath: newLogFolder) }
    }

    /// Puts the new log in the old one's place, which moves aside with its archive; goes on wherever it was cut short.
    func putNewLogInPlace() throws {
        guard exists(newLogFolder) else { return }
        try make(retiredFolder)
        if !exists(retiredFolder + "/archive"), exists(archiveFolder) { try move(archiveFolder, to: retiredFolder + "/archive") }
        if !exists(retiredFolder + "/log") { try move(logFolder, to: retiredFolder + "/log") }
        Failpoint.afterOldLogMoved.pass()
        try move(newLogFolder, to: logFolder)
    }

    /// Notes that the plan has been carried out.
    func complete() throws {
        try make(retiredFolder)
        try move(workFolder + RepartitionFolder.planName, to: retiredFolder + RepartitionFolder.planName)
        try FileManager.default.removeItem(atPath: workFolder)
    }

    /// Removes the old log and archive, their plan last.
    func removeRetired() throws {
        for name in ["/log", "/archive"] where exists(retiredFolder + name) {
            try FileManager.default.removeItem(atPath: retiredFolder + name)
        }
        try FileManager.default.removeItem(atPath: retiredFolder)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FolderSync.syncParent(of: path)
    }

    private func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else {
            throw RepartitionError("cannot rename \(path) to \(target): \(String(cString: strerror(errno)))")
        }
        try FolderSync.syncParent(of: path)
        try FolderSync.syncParent(of: target)
    }
}
