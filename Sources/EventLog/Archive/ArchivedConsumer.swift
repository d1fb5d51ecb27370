/// Reads a topic from its archive as far as the log does not hold it, then from the log; belongs to one thread.
final class ArchivedConsumer: LogConsumer {
    /// Where the next record of a partition comes from.
    private enum Place {
        case archive(Int64)
        case log(Int64)
        /// Assigned, and not sought yet.
        case unknown
    }

    private let consumer: any LogConsumer
    private let reader: ArchiveReader
    private let prefersArchive: Bool
    private var places: [Int32: Place] = [:]
    private var spare = RecordBatch()

    init(_ consumer: any LogConsumer, _ reader: ArchiveReader, prefersArchive: Bool) {
        self.consumer = consumer
        self.reader = reader
        self.prefersArchive = prefersArchive
    }

    func poll(into batch: inout RecordBatch, recordCountMax: Int, timeoutMilliseconds: Int) throws(LogError) -> PollResult {
        for (partition, place) in places {
            if case .unknown = place { try seek(partition: partition, to: range(partition: partition).start) }
        }
        guard archivedPartitions.isEmpty else { return try pollBoth(into: &batch, recordCountMax: recordCountMax) }
        let result: PollResult
        do {
            result = try consumer.poll(into: &batch, recordCountMax: recordCountMax, timeoutMilliseconds: timeoutMilliseconds)
        } catch {
            guard error.kind == .mismatch, try goBackToArchive() else { throw error }
            batch.removeAll()
            return .records
        }
        note(result, batch)
        return result
    }

    func seek(partition: Int32, to offset: Int64) throws(LogError) {
        let range = try consumer.range(partition: partition)
        let archived = try reader.ranges().first { $0.partition == partition }
        let start = range.reachingBack(to: archived).start
        let isOnLog = (range.start...range.end).contains(offset)
        if let archived, (archived.start..<archived.end).contains(offset), offset >= start, prefersArchive || !isOnLog {
            // The consumer of the log waits at the log's end, so that it has next to nothing to pass over meanwhile.
            try consumer.seek(partition: partition, to: range.end)
            places[partition] = .archive(offset)
        } else {
            try consumer.seek(partition: partition, to: offset)
            places[partition] = .log(offset)
        }
    }

    func position(partition: Int32) -> Int64? {
        if case .archive(let offset) = places[partition] { offset } else { consumer.position(partition: partition) }
    }

    func commit(partition: Int32, next offset: Int64) { consumer.commit(partition: partition, next: offset) }

    func range(partition: Int32) throws(LogError) -> PartitionRange {
        let range = try consumer.range(partition: partition)
        return range.reachingBack(to: try reader.ranges().first { $0.partition == partition })
    }

    func knownEnd(partition: Int32) throws(LogError) -> Int64 { try consumer.knownEnd(partition: partition) }

    func close() {
        reader.close()
        consumer.close()
    }

    private var archivedPartitions: [Int32] {
        places.compactMap { if case .archive = $0.value { $0.key } else { nil } }.sorted()
    }

    /// Serves the partitions that are on the log with half of the records, those in the archive with what is left.
    private func pollBoth(into batch: inout RecordBatch, recordCountMax: Int) throws(LogError) -> PollResult {
        let result = try consumer.poll(into: &spare, recordCountMax: max(1, recordCountMax / 2), timeoutMilliseconds: 0)
        spare.records.removeAll { record in
            if case .log = places[record.partition] { false } else { true }
        }
        swap(&batch, &spare)
        note(result, batch)
        guard result == .records else { return result }
        var partitions = archivedPartitions
        while let partition = partitions.popLast(), batch.records.count < recordCountMax {
            let share = max(1, (recordCountMax - batch.records.count) / (partitions.count + 1))
            try readArchive(partition, into: &batch, recordCountMax: share)
        }
        return .records
    }

    private func readArchive(_ partition: Int32, into batch: inout RecordBatch, recordCountMax: Int) throws(LogError) {
        guard case .archive(let offset) = places[partition] else { return }
        if let next = try reader.read(partition: partition, from: offset, into: &batch, recordCountMax: recordCountMax) {
            places[partition] = .archive(next)
        } else {
            // All that is archived was read. Where the log has lost this place since, more was archived before, and `seek` finds it.
            try seek(partition: partition, to: offset)
        }
    }

    private func note(_ result: PollResult, _ batch: RecordBatch) {
        switch result {
        case .assigned(let partitions): for partition in partitions { places[partition] = .unknown }
        case .revoked(let partitions): for partition in partitions { places[partition] = nil }
        case .records: for record in batch.records { places[record.partition] = .log(record.offset + 1) }
        }
    }

    /// Finds in the archive what retention has deleted from the log before it was read; false where that is not what happened.
    private func goBackToArchive() throws(LogError) -> Bool {
        var isBack = false
        for (partition, place) in places {
            guard case .log(let offset) = place else { continue }
            try seek(partition: partition, to: offset)
            if case .archive = places[partition] { isBack = true }
        }
        return isBack
    }
}
