import EventLog
import Events
import Jobs

/// What is left of the records of one partition's erased viewers; belongs to one thread.
final class PartitionResidues {
    private struct Viewer {
        var key: [UInt8]
        /// The last erasure that its job has carried out, if one was, and its record, completed: key and value.
        var erasure: (offset: Int64, appendTime: Int64, record: [UInt8])?
        /// Records seen, and how many of them stood before that erasure.
        var count = 0
        var countBefore = 0
    }

    private let source: ArchiveResidues
    private let topic: Topic
    private let partition: Int32
    private let engine: any PartitionEngine
    /// All records were archived before the first is decoded, so what it finds missing stays missing.
    private var decoder: RecordDecoder
    private var viewers: [Viewer] = []
    private var indices: [[UInt8]: Int] = [:]
    /// What would be left of each record seen, whose it was, and whether it came after an erasure that goes for it.
    private var left = RecordBatch()
    private var owners: [(viewer: Int, isLate: Bool)] = []

    init(_ source: ArchiveResidues, _ start: EngineStart) {
        self.source = source
        topic = start.topic
        partition = start.partition
        engine = makeEngine(start)
        decoder = RecordDecoder(EventDecoder(schemas: source.schemas), source.registry)
    }

    var byteCount: Int { left.bytes.count + left.records.count * MemoryLayout<RecordBatch.Record>.stride }

    /// Takes a viewer's record, or a change of the definition; passes over others without a key.
    func take(_ record: RecordBatch.Record, _ bytes: [UInt8]) throws(LogError) {
        do {
            try bytes.withUnsafeBytes { try take(record, $0) }
        } catch {
            throw ArchiveResidues.error(error, topic)
        }
    }

    private func take(_ record: RecordBatch.Record, _ bytes: UnsafeRawBufferPointer) throws {
        var event = Event(type: .seek)
        let fault = try decoder.decode(bytes, record.value, into: &event)
        event.partition = partition
        event.offset = record.offset
        event.appendTime = record.timestamp
        var batch = EventBatch()
        batch.append(event, key: record.key, value: record.value, fault: fault)
        if record.key.isEmpty {
            guard event.type == .definitionsChanged, fault == nil, let definition = try definition(of: event) else { return }
            batch.definitions = [definition]
            _ = engine.residue(of: batch, bytes: bytes)
            return
        }
        let residue = engine.residue(of: batch, bytes: bytes)
        let viewer = viewer(of: Array(bytes[record.key.range]))
        keep(residue, of: viewer, at: record, eventTime: fault == nil ? event.timestamp : record.timestamp)
        if fault == nil, event.type == .userErased, residue.outcome == .applied {
            viewers[viewer].erasure = (record.offset, record.timestamp, completed(event, residue, bytes))
            viewers[viewer].countBefore = viewers[viewer].count
        }
        viewers[viewer].count += 1
    }

    /// The definition that takes effect, as jobs take it; nil for none.
    private func definition(of event: Event) throws -> Definition? {
        guard event.number > engine.definitionVersion else { return nil }
        if event.number - futureMillisecondsMax > event.appendTime, try !source.definitions.holds(event.number) { return nil }
        return try source.definitions.definition(event.number)
    }

    private func viewer(of key: [UInt8]) -> Int {
        if let index = indices[key] { return index }
        indices[key] = viewers.count
        viewers.append(Viewer(key: key))
        return viewers.count - 1
    }

    private func keep(_ residue: ErasedResidue, of viewer: Int, at record: RecordBatch.Record, eventTime: Int64) {
        let header = InternalEventWriter.Header(
            id: EventID(topic: topic, partition: partition, offset: record.offset), timestamp: eventTime,
            user: UnsafeRawBufferPointer(start: nil, count: 0))
        let written = residue.effects.withUnsafeBytes { effects in
            source.writer.erasedResidue(
                header, outcome: residue.outcome.name, bucket: residue.bucket, effects: effects, into: &left.bytes)
        }
        var kept = record
        kept.key = .empty
        kept.value = written.value
        left.records.append(kept)
        owners.append((viewer, residue.predatesErasure))
    }

    /// The erasure with what the viewer's features knew before it, key and value; empty where it tells that already.
    private func completed(_ event: Event, _ residue: ErasedResidue, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard event.detail.isEmpty else { return [] }
        func text(_ slice: Slice) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[slice.range]) }
        var header = InternalEventWriter.Header(id: event.id, timestamp: event.timestamp, user: text(event.user))
        header.device = text(event.device)
        header.session = text(event.session)
        header.region = text(event.region)
        var record = Array(text(event.user))
        _ = residue.past.withUnsafeBytes {
            source.writer.userErased(header, recentIDs: $0, sourceOffsets: residue.sourceOffsets, into: &record)
        }
        return record
    }

    /// The records to replace, in offset order: all of a viewer before the erasure, what was forwarded of that after it, and the erasure itself
    /// where anything stood before it.
    func finish() -> RecordBatch {
        var batch = RecordBatch()
        swap(&batch.bytes, &left.bytes)
        for (residue, owner) in zip(left.records, owners) {
            guard let erasure = viewers[owner.viewer].erasure, residue.offset <= erasure.offset || owner.isLate else { continue }
            if residue.offset != erasure.offset {
                batch.records.append(residue)
            } else if viewers[owner.viewer].countBefore > 0, !erasure.record.isEmpty {
                let keyCount = viewers[owner.viewer].key.count
                let start = batch.bytes.count
                batch.bytes += erasure.record
                var record = residue
                record.key = Slice(offset: start, count: keyCount)
                record.value = Slice(offset: start + keyCount, count: erasure.record.count - keyCount)
                batch.records.append(record)
            }
        }
        return batch
    }
}
