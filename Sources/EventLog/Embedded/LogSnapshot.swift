package import Events
internal import Foundation
internal import GRDB

/// Copies of the embedded log's topic files as they are at one moment, taken while others append.
package enum LogSnapshot {
    /// What a topic file holds.
    package struct Contents: Sendable {
        package var description: TopicDescription
        /// By partition number.
        package var ranges: [PartitionRange]
    }

    private static func file(_ topic: Topic, in folder: String) -> String { "\(folder)/\(topic.name).sqlite" }

    /// True where the log in `folder` has the topic.
    package static func exists(_ topic: Topic, in folder: String) -> Bool {
        FileManager.default.fileExists(atPath: file(topic, in: folder))
    }

    /// Copies the topic of the log in `folder` to a new file at `path`, in one read transaction; nil where the log has no such topic.
    package static func copy(_ topic: Topic, of folder: String, to path: String) throws(LogError) -> Contents? {
        guard exists(topic, in: folder) else { return nil }
        let source = file(topic, in: folder)
        do {
            let reader = try open(source)
            try reader.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
            return try contents(topic, path)
        } catch {
            throw LogError(embedded: error, doing: "copying \(source) to \(path)")
        }
    }

    /// What the log in `folder` holds of the topic now; nil where it has none.
    package static func contents(of topic: Topic, in folder: String) throws(LogError) -> Contents? {
        guard exists(topic, in: folder) else { return nil }
        let source = file(topic, in: folder)
        do { return try contents(topic, source) } catch { throw LogError(embedded: error, doing: "reading \(source)") }
    }

    /// The least length of a leap: more records than a partition can have taken in since the backup (each is 60 bytes and more on disk).
    private static let leapCountMin: Int64 = 1 << 34

    /// Lets the log in `folder`, a restored copy, go on beyond all offsets that its original may have handed out since. By how much is random:
    /// two copies of one backup do not meet. Nothing where the log has no such topic.
    package static func leap(_ topic: Topic, in folder: String) throws(LogError) {
        guard exists(topic, in: folder) else { return }
        let file = try TopicFile(folder: folder, topic: topic, partitions: 1, byteCountMax: nil)
        do {
            try file.writer.inTransaction(.immediate) { database in
                for range in try TopicFile.ranges(database, file.leaps) {
                    let first = range.passingLeaps(range.end)
                    let next = first + Int64.random(in: leapCountMin..<2 * leapCountMin)
                    guard next < TopicFile.offsetCountMax / 2 else {
                        throw LogError(
                            .invalid, "\(topic.name) \(range.partition) has no offsets left for another restore; replay it into a new log")
                    }
                    try TopicFile.insert(LogLeap(first: first, next: next, isLost: true), of: range.partition, database)
                }
                return .commit
            }
        } catch {
            throw LogError(embedded: error, doing: "leaping ahead in \(folder)")
        }
    }

    private static func open(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func contents(_ topic: Topic, _ path: String) throws -> Contents {
        try open(path).inDatabase { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT generation, partitions FROM topic") else {
                throw LogError(.invalid, "\(path) holds no description of its topic; restore it from a backup")
            }
            let generation: Int64 = row["generation"]
            let description = TopicDescription(topic: topic, partitions: row["partitions"], generation: UInt64(bitPattern: generation))
            return Contents(description: description, ranges: try TopicFile.ranges(database, try TopicFile.leaps(database)))
        }
    }
}
