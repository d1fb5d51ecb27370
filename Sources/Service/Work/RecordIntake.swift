import EventLog
import Events
import Jobs

/// What a job's run takes in: the records of a poll, decoded and told apart by partition.
struct RecordIntake {
    private let setup: JobSetup
    private var decoder: RecordDecoder
    /// The poll in hand.
    var records = RecordBatch()
    /// Its events by partition; reused from poll to poll.
    private(set) var batches: [Int32: EventBatch] = [:]
    /// The next record to take in, by partition.
    var next: [Int32: Int64] = [:]

    init(_ setup: JobSetup) {
        self.setup = setup
        decoder = RecordDecoder(setup.decoder, setup.registry)
    }

    /// Decodes the poll in hand. `definitionVersion` tells the version in force in a partition, nil of one that is not in hand.
    mutating func decode(definitionVersion: (Int32) -> Int64?) throws {
        decoder.noteRecordsRead()
        for partition in batches.keys { batches[partition]?.removeAll() }
        try records.bytes.withUnsafeBytes { bytes in
            // Records of a partition come in runs, so that its batch is looked up once a run.
            var start = 0
            while start < records.records.count {
                let partition = records.records[start].partition
                var end = start + 1
                while end < records.records.count, records.records[end].partition == partition { end += 1 }
                var batch = batches.removeValue(forKey: partition) ?? EventBatch()
                defer { batches[partition] = batch }
                next[partition] = records.records[end - 1].offset + 1
                try decode(start..<end, until: setup.stops?[partition] ?? .max, bytes, into: &batch, definitionVersion(partition))
                start = end
            }
        }
    }

    private mutating func decode(
        _ range: Range<Int>, until stop: Int64, _ bytes: UnsafeRawBufferPointer, into batch: inout EventBatch, _ version: Int64?
    ) throws {
        for index in range {
            let record = records.records[index]
            if record.offset >= stop { break }
            var event = Event(type: .seek)
            var fault = isGivenUp(record) ? .unknownSchema : try decoder.decode(bytes, record.value, into: &event)
            if event.type == .definitionsChanged, fault == nil, let version {
                fault = try takeDefinition(event.number, after: version, record, into: &batch)
            }
            event.partition = record.partition
            event.offset = record.offset
            event.appendTime = record.timestamp
            batch.append(event, key: record.key, value: record.value, fault: fault)
        }
    }

    private func isGivenUp(_ record: RecordBatch.Record) -> Bool {
        !setup.givenUp.isEmpty
            && setup.givenUp.contains(LogPosition(topic: setup.topic, partition: record.partition, offset: record.offset))
    }

    /// Adds the definition that a record names to the batch, where it is newer than the partition's.
    private func takeDefinition(
        _ version: Int64, after known: Int64, _ record: RecordBatch.Record, into batch: inout EventBatch
    ) throws -> DeadLetterReason? {
        guard version > known else { return nil }
        // A version is a time: one from the future that nobody has stored is not ours, and would hide all that are.
        if version - futureMillisecondsMax > record.timestamp, try !setup.definitions.holds(version) { return .futureTimestamp }
        batch.definitions.append(try setup.definition(version))
        return nil
    }
}
