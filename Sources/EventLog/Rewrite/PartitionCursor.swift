internal import Events
internal import GRDB

/// Reads one partition of a topic file from its beginning to its end: where the log no longer holds that, from the archive all that it has, then
/// from the log. An archive that has dropped an erased viewer's events tells with the erasure what they would have left behind; the log, which may
/// hold the erasure and not the events, does not.
final class PartitionCursor {
    private static let recordCountMax = 512
    private static let byteCountMax = 1 << 20

    private let range: PartitionRange
    /// Up to here the archive is read.
    private let archiveEnd: Int64
    private var next: Int64
    private(set) var batch = RecordBatch()
    private var place = 0

    /// Throws `.mismatch` where records before the log's start are in no archive, unless they made no features: dead letters go by their age.
    init(_ range: PartitionRange, _ archived: PartitionRange?, _ topic: Topic) throws(LogError) {
        self.range = range
        next = range.reachingBack(to: archived).start
        // What a restored log has lost is not to come back by an archive that was not restored with it.
        let lost = range.leaps.first { $0.isLost && $0.first >= range.start }?.first ?? .max
        archiveEnd = next < range.start ? min(archived?.end ?? range.start, range.end, lost) : next
        guard !topic.hasJob || next <= range.passingLeaps(0) else {
            throw LogError(
                .mismatch,
                "\(topic.name) partition \(range.partition): what stood before offset \(next) is neither on the log nor in the archive, and "
                    + "features cannot be built from what is left; restore the archive from a backup")
        }
    }

    /// The record that it stands at.
    var record: RecordBatch.Record { batch.records[place] }

    /// Moves to the next record, the first one at the beginning; false at the end.
    func advance(_ file: TopicFile, _ database: Database, _ archive: ArchiveReader) throws -> Bool {
        if place + 1 < batch.records.count {
            place += 1
            return true
        }
        place = 0
        batch.removeAll()
        while batch.records.isEmpty, range.passingLeaps(next) < range.end { try fill(file, database, archive) }
        return !batch.records.isEmpty
    }

    private func fill(_ file: TopicFile, _ database: Database, _ archive: ArchiveReader) throws {
        let before = next
        if next < archiveEnd {
            next =
                try archive.read(partition: range.partition, from: next, into: &batch, recordCountMax: PartitionCursor.recordCountMax)
                ?? next
        } else {
            try file.read(
                range.partition, from: &next, database, into: &batch, recordCountMax: PartitionCursor.recordCountMax,
                byteCountMax: PartitionCursor.byteCountMax)
        }
        guard next > before else { throw file.outside(next, range) }
    }
}
