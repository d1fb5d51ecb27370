internal import Events
internal import Foundation
internal import GRDB

/// Reads one topic of the embedded log over a read-only connection of its own; belongs to one thread.
///
/// The first poll answers `.assigned` with every partition; a partition that was not sought starts at the log's start.
package final class EmbeddedConsumer: LogConsumer {
    private static let pollByteCountMax = 32 << 20
    /// How soon appends of other processes are seen; those of this one wake the consumer at once. Where nothing has come for a second, a
    /// consumer looks less often: sixteen that look all the time are a tenth of a core.
    private static let (checkMilliseconds, quietCheckMilliseconds, quietMilliseconds) = (10, 50, Int64(1000))

    private let file: TopicFile
    private var database: DatabaseQueue?
    private var lock: ConsumerLock?
    private var positions: [Int64] = []
    private var isAnnounced = false
    /// The partition that the next read begins with, so that none starves.
    private var turn = 0
    /// SQLite's `data_version` when the last read found nothing more; nil when there may be more.
    private var drainedVersion: Int64?
    private var foundAt = steadyClockMilliseconds()

    init(file: TopicFile, folder: String, group: String?) throws(LogError) {
        self.file = file
        if let group { lock = try ConsumerLock.take(folder: folder, topic: file.topic.name, group: group) }
        let database = try file.makeReader()
        self.database = database
        do {
            positions = try database.inDatabase { try TopicFile.ranges($0, file.leaps).map(\.start) }
        } catch {
            throw LogError(embedded: error, doing: "reading \(file.topic.name)")
        }
    }

    package func poll(
        into batch: inout RecordBatch, recordCountMax: Int, timeoutMilliseconds: Int
    ) throws(LogError) -> PollResult {
        batch.removeAll()
        guard isAnnounced else {
            isAnnounced = true
            return .assigned(positions.indices.map { Int32($0) })
        }
        let deadline = steadyClockMilliseconds() + Int64(timeoutMilliseconds)
        while true {
            let seen = file.signal.current
            try readNew(into: &batch, recordCountMax: recordCountMax)
            let now = steadyClockMilliseconds()
            if !batch.records.isEmpty { foundAt = now }
            if !batch.records.isEmpty || now >= deadline { return .records }
            let isQuiet = now - foundAt > EmbeddedConsumer.quietMilliseconds
            let check = isQuiet ? EmbeddedConsumer.quietCheckMilliseconds : EmbeddedConsumer.checkMilliseconds
            file.signal.wait(after: seen, milliseconds: min(Int(deadline - now), check))
        }
    }

    package func seek(partition: Int32, to offset: Int64) throws(LogError) {
        let range = try range(partition: partition)
        guard (range.start...range.end).contains(offset) else { throw file.outside(offset, range) }
        positions[Int(partition)] = offset
        drainedVersion = nil
    }

    package func position(partition: Int32) -> Int64? {
        isAnnounced && positions.indices.contains(Int(partition)) ? positions[Int(partition)] : nil
    }

    package func commit(partition: Int32, next offset: Int64) {
        // Nobody asks the embedded log for a group's offsets: the lag that is shown comes from the markers.
    }

    package func range(partition: Int32) throws(LogError) -> PartitionRange {
        let found = try read { try file.range($0, partition: partition) }
        guard let found else { throw LogError(.invalid, "\(file.topic.name) has no partition \(partition); it has \(positions.count)") }
        return found
    }

    package func knownEnd(partition: Int32) throws(LogError) -> Int64 { try range(partition: partition).end }

    package func close() {
        database = nil
        lock = nil
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(LogError) -> Value {
        guard let database else { throw LogError(.invalid, "the consumer of \(file.topic.name) is closed") }
        do {
            return try database.inDatabase(body)
        } catch {
            throw LogError(embedded: error, doing: "reading \(file.topic.name)")
        }
    }

    private func readNew(into batch: inout RecordBatch, recordCountMax: Int) throws(LogError) {
        try read { database in
            // Asked before the rows: a commit in between is then found by the next call.
            let version = try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA data_version")) ?? 0
            if version == drainedVersion { return }
            for step in positions.indices {
                let partition = (turn + step) % positions.count
                try file.read(
                    Int32(partition), from: &positions[partition], database, into: &batch, recordCountMax: recordCountMax,
                    byteCountMax: EmbeddedConsumer.pollByteCountMax)
                if batch.records.count >= recordCountMax || batch.bytes.count >= EmbeddedConsumer.pollByteCountMax {
                    turn = (partition + 1) % positions.count
                    drainedVersion = nil
                    return
                }
            }
            drainedVersion = version
        }
    }
}
