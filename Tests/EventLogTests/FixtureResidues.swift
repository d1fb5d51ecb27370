import Avro
import Events

@testable import EventLog

/// The dumbest maker that could be right: a user's last erasure takes all that the user did before, each record counts as applied and changed
/// nothing, and the erasure is completed by one byte.
private final class FixtureResidues {
    private let fixture: ArchiveFixture
    private var records: [ArchivedRecord] = []
    private let partition: Int32

    init(_ fixture: ArchiveFixture, _ partition: Int32) {
        self.fixture = fixture
        self.partition = partition
    }

    func take(_ record: RecordBatch.Record, _ bytes: [UInt8]) {
        precondition(record.offset > records.last?.offset ?? -1 && record.partition == partition, "in order, of one partition")
        var batch = RecordBatch()
        batch.bytes = bytes
        batch.records = [record]
        records += batch.archived
    }

    /// Five hundred records are as much as a compaction holds.
    var byteCount: Int { records.count * (64 << 20) / 500 }

    func finish() -> RecordBatch {
        var batch = RecordBatch()
        for (old, new) in zip(records, fixture.compacted([partition: records])[partition] ?? []) where new != old {
            let key = Slice(offset: batch.bytes.count, count: new.key.count)
            batch.bytes += new.key
            let value = Slice(offset: batch.bytes.count, count: new.value.count)
            batch.bytes += new.value
            batch.records.append(
                RecordBatch.Record(partition: partition, offset: new.offset, timestamp: new.timestamp, key: key, value: value))
        }
        return batch
    }
}

extension ArchiveFixture {
    func compaction(_ writer: ArchiveWriter) -> ArchiveCompaction {
        ArchiveCompaction(writer) { partition in
            let residues = FixtureResidues(self, partition)
            return ResidueMaker(take: { residues.take($0, $1) }, byteCount: { residues.byteCount }, finish: { residues.finish() })
        }
    }

    /// The records as compaction leaves them once all erasures among them are carried out.
    func compacted(_ records: [Int32: [ArchivedRecord]]) -> [Int32: [ArchivedRecord]] {
        let erasureID = withUnsafeBytes(of: ArchiveFixture.schemaID(.userErased).bigEndian) { [0] + $0 }
        return Dictionary(
            uniqueKeysWithValues: records.map { partition, records in
                var ends: [[UInt8]: Int64] = [:]
                for record in records where record.value.starts(with: erasureID) { ends[record.key] = record.offset }
                return (partition, records.map { compacted($0, partition, end: ends[$0.key]) })
            })
    }

    private func compacted(_ record: ArchivedRecord, _ partition: Int32, end: Int64?) -> ArchivedRecord {
        guard let end, record.offset <= end else { return record }
        var record = record
        if record.offset < end {
            record.key = []
            record.value = residue(partition, record.offset)
        } else {
            let user = String(decoding: record.key, as: UTF8.self)
            record.value = encoded(.userErased) { field in
                field.name == "recent_ids"
                    ? .bytes([1]) : value(of: field, .userErased, user: user, number: ArchiveFixture.erasureNumber)
            }
        }
        return record
    }

    private func residue(_ partition: Int32, _ offset: Int64) -> [UInt8] {
        encoded(.erasedResidue) { field in
            switch field.name {
            case "event_id": .string(EventID(topic: .play, partition: partition, offset: offset).text)
            case "event_type": .string(EventType.erasedResidue.rawValue)
            case "outcome": .string("applied")
            case "timestamp": .long(ArchiveFixture.start)
            case "effects": .bytes([])
            case "bucket": .int(1)
            default: .string("")
            }
        }
    }
}
