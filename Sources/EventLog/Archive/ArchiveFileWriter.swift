internal import Avro
internal import Events

/// Writes one archive file: an Avro object container file, DEFLATE in its blocks (which DuckDB reads; it does not read zstandard).
struct ArchiveFileWriter {
    private static let blockByteCountMax = 256 << 10
    private static let syncByteCount = 16
    /// Numbers of a row before its columns: partition, offset, append time, the schema's branch and id, two lengths.
    private static let longCount = 7

    private let file: DurableFile
    private let root: String
    private var container: ContainerWriter
    private var hash = Digest()
    private var entry: ArchivedFile
    /// Room for one row.
    private var record: [UInt8] = []
    private(set) var erasures: [ArchiveErasure] = []
    /// What is left of erased viewers' records.
    private(set) var residues = ErasedOffsets()

    /// Begins the file that `entry` describes by path, partition and offsets; the rest of it is found out.
    init(_ entry: ArchivedFile, root: String, copier: ColumnCopier, schemaIDs: Set<Int32>, generation: UInt64) throws(LogError) {
        var metadata = [
            "recs.topic": Array(copier.columns.topic.name.utf8), "recs.generation": Array("\(generation)".utf8),
        ]
        for id in schemaIDs { metadata["recs.schema.\(id)"] = copier.texts[id].map { Array($0.utf8) } }
        let sync = (0..<ArchiveFileWriter.syncByteCount).map { _ in UInt8.random(in: .min ... .max) }
        do {
            container = try ContainerWriter(
                schema: copier.columns.schema, codec: .deflate, sync: sync, metadata: metadata,
                blockByteCountMax: ArchiveFileWriter.blockByteCountMax)
        } catch {
            throw LogError(.invalid, "beginning the archive file \(entry.path): \(error)")
        }
        self.entry = entry
        self.entry.recordCount = 0
        self.root = root
        file = try DurableFile(path: "\(root)/\(entry.path)", root: root)
    }

    /// Adds the records of the batch.
    mutating func append(_ batch: RecordBatch, _ copier: inout ColumnCopier) throws(LogError) {
        for added in batch.records {
            let byteCount = batch.bytes.withUnsafeBytes { encode(added, of: $0, &copier) }
            do {
                try record.withUnsafeBytes { try container.append(encoded: UnsafeRawBufferPointer(rebasing: $0[..<byteCount])) }
            } catch {
                throw LogError(.invalid, "writing the archive file \(entry.path): \(error)")
            }
            try flush()
        }
    }

    /// Puts the row that the record becomes at the beginning of `record`, and answers how many bytes it takes.
    private mutating func encode(_ added: RecordBatch.Record, of bytes: UnsafeRawBufferPointer, _ copier: inout ColumnCopier) -> Int {
        let key = UnsafeRawBufferPointer(rebasing: bytes[added.key.range])
        let value = UnsafeRawBufferPointer(rebasing: bytes[added.value.range])
        let schemaID = EventRenderer.schemaID(of: value)
        let room = Self.longCount * AvroCursor.longByteCountMax + key.count + value.count + copier.byteCountMax(of: value)
        if record.count < room { record = [UInt8](repeating: 0, count: room) }
        let (byteCount, facts) = record.withUnsafeMutableBytes { memory in
            var row = AvroCursor(memory)
            row.long(Int64(added.partition))
            row.long(added.offset)
            row.long(added.timestamp)
            row.bytes(key)
            row.long(schemaID == nil ? 0 : 1)
            if let schemaID { row.long(Int64(schemaID)) }
            row.bytes(value)
            let facts = copier.copy(value, schemaID: schemaID, to: &row)
            return (row.count, facts)
        }
        if copier.residues.isResidue(added, schemaID: schemaID) { residues.add(added.offset, partition: added.partition) }
        note(added, facts, value)
        return byteCount
    }

    /// Brings the file to disk under its own name and answers what the manifest shall say of it.
    mutating func finish(_ atStep: (ArchiveStep) throws(LogError) -> Void) throws(LogError) -> ArchivedFile {
        do {
            try container.finishBlock()
        } catch {
            throw LogError(.invalid, "writing the archive file \(entry.path): \(error)")
        }
        try flush()
        try atStep(.written)
        try file.synchronise()
        try atStep(.synchronised)
        try file.takeName()
        try atStep(.named)
        try DurableFile.synchroniseFolders(of: file.path, root: root)
        entry.sha256 = hash.finish()
        return entry
    }

    private mutating func note(_ added: RecordBatch.Record, _ facts: ColumnCopier.Facts, _ value: UnsafeRawBufferPointer) {
        let isFirst = entry.recordCount == 0
        entry.recordCount += 1
        entry.payloadByteCount += Int(added.key.count) + value.count
        entry.appendTimeMin = isFirst ? added.timestamp : min(entry.appendTimeMin, added.timestamp)
        entry.appendTimeMax = isFirst ? added.timestamp : max(entry.appendTimeMax, added.timestamp)
        if let time = facts.eventTime {
            entry.eventTimeMin = min(entry.eventTimeMin ?? time, time)
            entry.eventTimeMax = max(entry.eventTimeMax ?? time, time)
        }
        if let user = facts.erasedUser {
            erasures.append(ArchiveErasure(partition: added.partition, offset: added.offset, user: [UInt8](value[user])))
        }
    }

    private mutating func flush() throws(LogError) {
        let bytes = container.takeOutput()
        guard !bytes.isEmpty else { return }
        hash.update(bytes)
        entry.byteCount += bytes.count
        try file.write(bytes)
    }
}
