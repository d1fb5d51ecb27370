package import Events
internal import Foundation
internal import GRDB

/// Writes an embedded log anew with another number of partitions, beside the old one, which does not change.
///
/// Each topic's records, the archive's before the log's, come in the order of their append times (where these are equal, in that of the old
/// partitions) to the partitions that their keys belong to now, or, without a key, to the old one's number modulo the new count; key, value and
/// append time stay as they are. So a key's records keep their order, and append times never fall within a partition. Offsets go on beyond all
/// that the old log has used: whatever is derived from a topic, partition and offset stays unique, and one that was told before the rewrite
/// names nothing else after it.
package struct LogRewrite: Sendable {
    /// What a topic has become.
    package struct Written: Sendable {
        package var description: TopicDescription
        package var ranges: [PartitionRange]
        package var recordCount: Int64
        /// Where the records that were followed stand now.
        package var moved: [LogPosition: LogPosition]
    }

    private static let commitRecordCountMax = 20_000
    private static let commitByteCountMax = 16 << 20

    private let source: String
    private let archive: Archive
    private let target: String
    private let partitionCount: Int

    /// `source` and `target` are the folders of the old and the new log, `archive` is the old one's.
    package init(source: String, archive: Archive, target: String, partitionCount: Int) {
        self.source = source
        self.archive = archive
        self.target = target
        self.partitionCount = partitionCount
    }

    /// Rewrites a topic, which must not be in the target yet; nobody may append to the source meanwhile. `followed` names records whose new
    /// places are wanted, `progress` hears how many records were written. Blocks. Throws `.mismatch` where neither log nor archive has the
    /// topic's beginning, or the archive is of another log.
    package func rewrite(
        _ topic: Topic, following followed: Set<LogPosition> = [], progress: (Int64) -> Void = { _ in }
    ) throws(LogError) -> Written {
        let old = try openedSource(topic)
        let reader = ArchiveReader(archive, topic: topic)
        defer { reader.close() }
        if let generation = try reader.generation(), generation != old.description.generation {
            throw ArchiveManifest.otherGeneration(topic, found: generation, wanted: old.description.generation, archive)
        }
        let archived = try reader.ranges()
        do {
            let ranges = try old.reader.inDatabase { try TopicFile.ranges($0, old.leaps) }
            let new = try makeTarget(topic, ranges)
            var writer = RewriteWriter(new, base: base(ranges))
            let cursors = try ranges.map { range in try PartitionCursor(range, archived.first { $0.partition == range.partition }, topic) }
            var merge = TopicMerge(cursors: cursors, file: old, archive: reader)
            var written = Written(description: new.description, ranges: [], recordCount: 0, moved: [:])
            try old.reader.inDatabase { database in
                try merge.begin(database)
                while try write(&merge, &writer, database, followed, &written) { progress(written.recordCount) }
            }
            written.ranges = try new.writer.inDatabase { try TopicFile.ranges($0, try TopicFile.leaps($0)) }
            return written
        } catch {
            throw LogError(embedded: error, doing: "rewriting \(topic.name) into \(target)")
        }
    }

    private func openedSource(_ topic: Topic) throws(LogError) -> TopicFile {
        guard FileManager.default.fileExists(atPath: "\(source)/\(topic.name).sqlite") else {
            throw LogError(.mismatch, "there is no \(topic.name) in \(source)")
        }
        return try TopicFile(folder: source, topic: topic, partitions: 1, byteCountMax: nil)
    }

    private func makeTarget(_ topic: Topic, _ ranges: [PartitionRange]) throws -> TopicFile {
        guard !FileManager.default.fileExists(atPath: "\(target)/\(topic.name).sqlite") else {
            throw LogError(.mismatch, "\(topic.name) is in \(target) already; remove that folder")
        }
        let file = try TopicFile(folder: target, topic: topic, partitions: partitionCount, byteCountMax: nil)
        try file.writer.inTransaction(.immediate) { database in
            for partition in 0..<partitionCount {
                let lost = partition < ranges.count ? ranges[partition].leaps.filter(\.isLost) : []
                for leap in LogRewrite.leaps(to: base(ranges), lost) { try TopicFile.insert(leap, of: Int32(partition), database) }
            }
            return .commit
        }
        return file
    }

    /// The first offset that no old partition can have used.
    private func base(_ ranges: [PartitionRange]) -> Int64 { ranges.reduce(0) { max($0, $1.passingLeaps($1.end)) } }

    /// One leap after the other up to `base`: a lost future stays one.
    static func leaps(to base: Int64, _ lost: [LogLeap]) -> [LogLeap] {
        var leaps: [LogLeap] = []
        var next: Int64 = 0
        for leap in lost {
            if leap.first > next { leaps.append(LogLeap(first: next, next: leap.first, isLost: false)) }
            leaps.append(leap)
            next = leap.next
        }
        if base > next { leaps.append(LogLeap(first: next, next: base, isLost: false)) }
        return leaps
    }

    /// Writes what one transaction takes; false where nothing was left.
    private func write(
        _ merge: inout TopicMerge, _ writer: inout RewriteWriter, _ source: Database, _ followed: Set<LogPosition>, _ written: inout Written
    ) throws -> Bool {
        var recordCount = 0
        var byteCount = 0
        try writer.file.writer.inTransaction(.immediate) { database in
            while recordCount < LogRewrite.commitRecordCountMax, byteCount < LogRewrite.commitByteCountMax, let cursor = merge.first {
                let record = cursor.record
                let place = try writer.append(record, cursor.batch.bytes, database)
                if !followed.isEmpty {
                    let old = LogPosition(topic: place.topic, partition: record.partition, offset: record.offset)
                    if followed.contains(old) { written.moved[old] = place }
                }
                recordCount += 1
                byteCount += Int(record.key.count) + Int(record.value.count)
                try merge.advance(source)
            }
            try writer.flush(database)
            return .commit
        }
        written.recordCount += Int64(recordCount)
        return recordCount > 0
    }
}
