package import Events

/// Writes one topic into its archive, each record once: what is archived follows from the manifest alone.
///
/// Belongs to one thread; one writer a topic, over all processes. Records are held until a file is due; a file covers consecutive offsets of
/// one partition appended within one hour. After an error the writer holds nothing that was not recorded: go on reading at `nextOffset`.
package final class ArchiveWriter {
    package struct Limits: Sendable {
        /// A file is written once its records take so many bytes in memory.
        package var fileByteCountMax = 32 << 20
        /// So many bytes may be held for all partitions together; then the largest file is written.
        package var heldByteCountMax = 32 << 20
        /// Records are held in pieces of about so many bytes: so large that few are needed, so small that none is copied often while it grows, and
        /// that what one partition frees serves the next.
        package var pieceByteCount = 1 << 20
        /// A record is held no longer than this before it is written.
        package var ageMillisecondsMax: Int64 = 60_000

        package init() {}
    }

    /// The text of a writer's schema by its id, from the registry.
    package typealias SchemaSource = @Sendable (Int32) throws(RegistryError) -> String?

    private static let unknownCountMax = 10_000

    package let topic: Topic
    let archive: Archive
    let generation: UInt64
    let manifest: ArchiveManifest
    var copier: ColumnCopier
    var atStep: (ArchiveStep) throws(LogError) -> Void = { _ in }
    private let lock: ConsumerLock
    private let limits: Limits
    private let schemaSource: SchemaSource
    private let hasOffsetGaps: Bool
    /// Ids that the registry does not know: foreign bytes, whose columns stay null.
    private var unknownIDs: Set<Int32> = []
    private var held: [Int32: HeldRecords] = [:]
    private var heldByteCount = 0
    /// The offset after the last one held or archived.
    private var nextOffsets: [Int32: Int64] = [:]

    /// Takes the topic's archive, making it where it is missing; throws `.mismatch` where another process has it or it is of another generation.
    ///
    /// - Parameters:
    ///   - schemas: where the schemas of events come from whose id is new.
    ///   - hasOffsetGaps: true for a log that leaves offsets out (Kafka); on another a missing offset is an error.
    package init(
        _ archive: Archive, topic: TopicDescription, columns: ArchiveColumns, limits: Limits = Limits(), hasOffsetGaps: Bool = false,
        schemas: @escaping SchemaSource
    ) throws(LogError) {
        self.archive = archive
        self.topic = topic.topic
        self.generation = topic.generation
        self.limits = limits
        self.hasOffsetGaps = hasOffsetGaps
        schemaSource = schemas
        copier = ColumnCopier(columns: columns)
        let root = archive.path(of: topic.topic)
        try DurableFile.makeFolders(of: archive.manifestPath(of: topic.topic), root: "/")
        try DurableFile.synchroniseFolders(of: archive.manifestPath(of: topic.topic), root: archive.folder)
        lock = try ArchiveWriter.takeLock(root, topic.topic)
        // A new manifest would list none of them, and what none lists is removed.
        if let fault = archive.unlisted(topic.topic) { throw LogError(.invalid, fault) }
        manifest = try ArchiveManifest(writing: topic.topic, of: archive, generation: topic.generation)
        try ArchiveLeftovers.remove(root: root, listed: Set(manifest.files().map(\.path)))
        try discard()
    }

    private static func takeLock(_ root: String, _ topic: Topic) throws(LogError) -> ConsumerLock {
        do {
            return try ConsumerLock.take(folder: root, topic: topic.name, group: "archive")
        } catch {
            throw LogError(error.kind, "the archive of \(topic.name) has one writer, and there is one: \(error)")
        }
    }

    /// The offset to read next; nil where nothing of the partition was archived, which then begins with whatever comes first.
    package func nextOffset(partition: Int32) -> Int64? { nextOffsets[partition] }

    /// Takes the records, in offset order a partition, and writes the files that are due; records that were taken before are passed over.
    package func append(_ batch: RecordBatch, now: Int64) throws(LogError) {
        try discardingOnError { () throws(LogError) in
            for record in batch.records { try hold(record, batch.bytes, now: now) }
            try writeDue(now: now)
        }
    }

    /// Writes what has been held for long enough.
    package func writeDue(now: Int64) throws(LogError) {
        try discardingOnError { () throws(LogError) in
            for (partition, waiting) in held.sorted(by: { $0.key < $1.key })
            where now - waiting.since >= limits.ageMillisecondsMax || now < waiting.since {
                try write(partition)
            }
        }
    }

    /// Writes all that is held.
    package func flush() throws(LogError) {
        try discardingOnError { () throws(LogError) in
            for partition in held.keys.sorted() { try write(partition) }
        }
    }

    /// Forgets what is held and goes back to what the manifest says.
    package func discard() throws(LogError) {
        held = [:]
        heldByteCount = 0
        nextOffsets = [:]
        for range in try manifest.ranges() { nextOffsets[range.partition] = range.end }
    }

    private func discardingOnError(_ body: () throws(LogError) -> Void) throws(LogError) {
        do {
            try body()
        } catch {
            try discard()
            throw error
        }
    }

    private func hold(_ record: RecordBatch.Record, _ bytes: [UInt8], now: Int64) throws(LogError) {
        let expected = nextOffsets[record.partition] ?? record.offset
        guard record.offset >= expected else { return }
        guard record.offset == expected || hasOffsetGaps else {
            throw LogError(
                .mismatch,
                "archiving \(topic.name) \(record.partition): offset \(record.offset) came after \(expected - 1); the records between are missing"
            )
        }
        let hour = Archive.hour(of: record.timestamp)
        let size = HeldRecords.size(of: record)
        // An append time may step back where a log's leader changes; the file then keeps its hour.
        if let waiting = held[record.partition], hour > waiting.hour || waiting.byteCount + size > limits.fileByteCountMax {
            try write(record.partition)
        }
        if heldByteCount + size > limits.heldByteCountMax,
            let largest = held.max(by: { $0.value.byteCount < $1.value.byteCount })
        {
            try write(largest.key)
        }
        let schemaID = try registered(
            bytes.withUnsafeBytes { EventRenderer.schemaID(of: UnsafeRawBufferPointer(rebasing: $0[record.value.range])) })
        let none = HeldRecords(firstOffset: expected, hour: hour, since: now, pieceByteCount: limits.pieceByteCount)
        held[record.partition, default: none].add(record, bytes, schemaID)
        heldByteCount += size
        nextOffsets[record.partition] = record.offset + 1
    }

    /// Adds the text of the schema that a record of an erased viewer was replaced by.
    func addSchema(of record: RecordBatch.Record, _ bytes: [UInt8], to schemas: inout [Int32: String]) throws(LogError) {
        let schemaID = bytes.withUnsafeBytes { EventRenderer.schemaID(of: UnsafeRawBufferPointer(rebasing: $0[record.value.range])) }
        guard let schemaID = try registered(schemaID), schemas[schemaID] == nil else { return }
        schemas[schemaID] = copier.texts[schemaID]
    }

    private func registered(_ schemaID: Int32?) throws(LogError) -> Int32? {
        guard let schemaID, !copier.knows(schemaID), !unknownIDs.contains(schemaID) else { return schemaID }
        do {
            if let text = try schemaSource(schemaID) {
                copier.register(schemaID, text)
            } else {
                if unknownIDs.count >= ArchiveWriter.unknownCountMax { unknownIDs = [] }
                unknownIDs.insert(schemaID)
            }
        } catch {
            throw LogError(.unavailable, "archiving \(topic.name): the schema \(schemaID) cannot be had: \(error)")
        }
        return schemaID
    }

    private func write(_ partition: Int32) throws(LogError) {
        guard let waiting = held[partition], let last = waiting.last, let first = waiting.first else { return }
        let path = Archive.filePath(
            partition: partition, waiting.firstOffset...last.offset, appendTime: first.timestamp, revision: 0)
        let entry = ArchivedFile(beginning: path, partition: partition, waiting.firstOffset...last.offset, revision: 0)
        try atStep(.begun)
        var writer = try ArchiveFileWriter(
            entry, root: archive.path(of: topic), copier: copier, schemaIDs: waiting.schemaIDs, generation: generation)
        for batch in waiting.batches { try writer.append(batch, &copier) }
        let written = try writer.finish(atStep)
        try manifest.add(written, absences: waiting.absences(partition) + writer.residues.absences, erasures: writer.erasures)
        heldByteCount -= waiting.byteCount
        held[partition] = nil
        try atStep(.recorded)
    }
}
