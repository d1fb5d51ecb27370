internal import Avro
internal import Events

/// Reads the records of one archive file; nothing is answered unless size and checksum of the whole file are as the manifest says.
struct ArchiveFileReader {
    let entry: ArchivedFile
    /// Records before this offset were read or passed over already.
    private(set) var position: Int64
    private let path: String
    private var container: ContainerReader
    private var fields: PlainFields?
    private var block: [UInt8] = []
    private var blockOffset = 0
    private var blockRecordsLeft = 0

    /// Nil where the file is missing (compaction may have replaced it).
    init?(_ entry: ArchivedFile, root: String) throws(LogError) {
        path = "\(root)/\(entry.path)"
        guard let bytes = try DurableFile.read(path) else { return nil }
        guard bytes.count == entry.byteCount else {
            throw LogError(.invalid, "\(path) has \(bytes.count) bytes instead of \(entry.byteCount); restore it from a backup")
        }
        guard Digest.hexadecimal(of: bytes) == entry.sha256 else {
            throw LogError(.invalid, "\(path) is damaged: its checksum is not the manifest's; restore it from a backup")
        }
        self.entry = entry
        position = entry.firstOffset
        container = ContainerReader()
        container.append(bytes)
        try readBlock()
    }

    /// The schemas of the file's events by id, as JSON.
    var schemas: [Int32: String] {
        var schemas: [Int32: String] = [:]
        for (key, text) in container.header?.metadata ?? [:] where key.hasPrefix("recs.schema.") {
            if let id = Int32(key.dropFirst("recs.schema.".count)) { schemas[id] = String(decoding: text, as: UTF8.self) }
        }
        return schemas
    }

    /// Appends up to `recordCountMax` records at or after `offset` to the batch; answers false at the file's end.
    mutating func read(from offset: Int64, into batch: inout RecordBatch, recordCountMax: Int, byteCountMax: Int) throws(LogError) -> Bool {
        let countMax = batch.records.count + recordCountMax
        while batch.records.count < countMax, batch.bytes.count < byteCountMax {
            guard blockRecordsLeft > 0 else {
                if try readBlock() { continue }
                return false
            }
            try readRecords(from: offset, into: &batch, recordCountMax: countMax - batch.records.count, byteCountMax: byteCountMax)
        }
        return true
    }

    /// Reads what the block still has, within the bounds.
    private mutating func readRecords(
        from offset: Int64, into batch: inout RecordBatch, recordCountMax: Int, byteCountMax: Int
    ) throws(LogError) {
        let countMax = batch.records.count + recordCountMax
        guard let fields else { throw damaged("it has no schema of a record") }
        let block = block
        let isRead = block.withUnsafeBytes { bytes in
            var reader = AvroReader(bytes, offset: blockOffset, end: bytes.count)
            while blockRecordsLeft > 0, batch.records.count < countMax, batch.bytes.count < byteCountMax {
                guard readRecord(&reader, fields, from: offset, into: &batch) else { return false }
                blockRecordsLeft -= 1
            }
            blockOffset = reader.offset
            return true
        }
        guard isRead else { throw damaged("a record is not of the file's schema") }
    }

    private mutating func readRecord(
        _ reader: inout AvroReader, _ fields: PlainFields, from offset: Int64, into batch: inout RecordBatch
    ) -> Bool {
        guard let partition = reader.readInt(), let place = reader.readLong(), let time = reader.readLong(), let key = reader.readBytes(),
            let branch = reader.readLong(), branch == 0 || reader.readInt() != nil, let value = reader.readBytes()
        else { return false }
        var start = 0
        for place in fields.indices {
            if case .damaged = fields.step(place, &reader, start: &start) { return false }
        }
        position = place + 1
        guard place >= offset else { return true }
        let keyStart = batch.bytes.count
        batch.bytes.append(contentsOf: reader.bytes[key])
        let valueStart = batch.bytes.count
        batch.bytes.append(contentsOf: reader.bytes[value])
        batch.records.append(
            RecordBatch.Record(
                partition: partition, offset: place, timestamp: time, key: Slice(offset: keyStart, count: key.count),
                value: Slice(offset: valueStart, count: value.count)))
        return true
    }

    @discardableResult
    private mutating func readBlock() throws(LogError) -> Bool {
        guard blockOffset == block.count else { throw damaged("bytes are left over in a block") }
        do throws(AvroError) {
            let next = try container.nextBlock()
            if fields == nil, let schema = container.header?.schema, case .record(let record) = schema.root {
                fields = PlainFields(record.fields.dropFirst(ArchiveColumns.envelopeCount).map(\.schema), of: schema)
            }
            guard let next else {
                try container.finish()
                return false
            }
            block = next.bytes
            blockOffset = 0
            blockRecordsLeft = next.recordCount
            return true
        } catch {
            throw damaged("\(error)")
        }
    }

    private func damaged(_ what: String) -> LogError {
        LogError(.invalid, "\(path) is damaged: \(what); restore it from a backup")
    }
}
