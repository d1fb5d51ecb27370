internal import Events

/// The records of one append call that go to one topic: the unit that is appended whole or not at all.
struct AppendPart: Sendable {
    let batch: AppendBatch
    /// Indices into `batch.records`, with the partition of each.
    private(set) var records: [Int32] = []
    private(set) var partitions: [Int32] = []
    private(set) var byteCount = 0
    let ticket: AppendTicket

    init(batch: AppendBatch, ticket: AppendTicket) {
        self.batch = batch
        self.ticket = ticket
    }

    mutating func add(record index: Int, partition: Int32) {
        records.append(Int32(truncatingIfNeeded: index))
        partitions.append(partition)
        byteCount += Int(batch.records[index].key.count) + Int(batch.records[index].value.count)
    }

    func fail(_ error: LogError) { ticket.fail(records, error) }

    func succeed(topic: Topic, offsets: [Int64]) {
        ticket.answer(count: records.count) { outcomes in
            for (place, index) in records.enumerated() {
                outcomes[Int(index)] = .appended(LogPosition(topic: topic, partition: partitions[place], offset: offsets[place]))
            }
        }
    }
}
