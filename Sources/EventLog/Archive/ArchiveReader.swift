package import Events

/// Reads a topic's archive by offset while it is written and compacted; belongs to one thread.
///
/// Offsets that were never on the log do not appear; at those of erased users' records stands what is left of them, in older archives nothing.
/// Holds one file a partition in memory.
package final class ArchiveReader {
    private static let pollByteCountMax = 32 << 20

    private let archive: Archive
    private let topic: Topic
    /// Nil until something was archived.
    private var manifest: ArchiveManifest?
    private var files: [Int32: ArchiveFileReader] = [:]
    /// The schemas of the events read so far by id, as JSON: those of the files' metadata.
    package private(set) var schemas: [Int32: String] = [:]

    package init(_ archive: Archive, topic: Topic) {
        self.archive = archive
        self.topic = topic
    }

    /// What is archived of every partition; empty where nothing is.
    package func ranges() throws(LogError) -> [PartitionRange] { try opened()?.ranges() ?? [] }

    /// The generation of the log that was archived; nil where nothing is.
    package func generation() throws(LogError) -> UInt64? { try opened()?.generation }

    /// All files of the topic, by partition and offset.
    package func listing() throws(LogError) -> [ArchivedFile] { try opened()?.files() ?? [] }

    /// Appends up to `recordCountMax` records of the partition at or after `offset`; answers the offset to go on with, or nil where the archive
    /// holds nothing at or after `offset`.
    package func read(partition: Int32, from offset: Int64, into batch: inout RecordBatch, recordCountMax: Int) throws(LogError) -> Int64? {
        guard try open(partition, holding: offset) else { return nil }
        let before = batch.records.count
        guard var file = files.removeValue(forKey: partition) else { return nil }
        let byteCountMax = batch.bytes.count + ArchiveReader.pollByteCountMax
        let hasMore = try file.read(from: offset, into: &batch, recordCountMax: recordCountMax, byteCountMax: byteCountMax)
        guard hasMore else { return file.entry.lastOffset + 1 }
        files[partition] = file
        return batch.records.count > before ? batch.records[batch.records.count - 1].offset + 1 : offset
    }

    /// The first offset of the partition whose append time is at or after `time`; nil where the archive has none.
    package func offset(partition: Int32, atOrAfter time: Int64) throws(LogError) -> Int64? {
        guard let manifest = try opened(), let entry = try manifest.file(partition: partition, atOrAfter: time) else { return nil }
        var next = entry.firstOffset
        while next <= entry.lastOffset {
            var batch = RecordBatch()
            guard let after = try read(partition: partition, from: next, into: &batch, recordCountMax: 10_000) else { return nil }
            if let found = batch.records.first(where: { $0.timestamp >= time }) {
                files[partition] = nil
                return found.offset
            }
            next = after
        }
        return nil
    }

    /// Gives the files' memory back.
    package func close() {
        files = [:]
        manifest = nil
    }

    private func opened() throws(LogError) -> ArchiveManifest? {
        if manifest == nil { manifest = try ArchiveManifest(reading: topic, of: archive) }
        return manifest
    }

    /// Makes the file that holds the offset the open one of its partition; false where there is none.
    private func open(_ partition: Int32, holding offset: Int64) throws(LogError) -> Bool {
        if let file = files[partition], file.entry.offsets.contains(offset), offset >= file.position { return true }
        files[partition] = nil
        guard let manifest = try opened() else { return false }
        var missing: ArchivedFile?
        while let entry = try manifest.file(partition: partition, holding: offset) {
            if let file = try ArchiveFileReader(entry, root: archive.path(of: topic)) {
                files[partition] = file
                schemas.merge(file.schemas) { _, new in new }
                return true
            }
            // Compaction may have replaced it since the manifest was asked; the same answer again means that it is lost.
            guard missing != entry else {
                throw LogError(.invalid, "\(archive.path(of: topic))/\(entry.path) is missing; restore it from a backup")
            }
            missing = entry
        }
        return false
    }
}
