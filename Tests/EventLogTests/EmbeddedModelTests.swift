import EventLog
import Events
import TestSupport
import Testing

/// The embedded log against the dumbest log that could be right: an array of texts a partition.
@Suite struct EmbeddedModelTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func behavesLikeArrays(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let log = try EmbeddedLog(folder: folder.path("log"))
        _ = try await log.open(.play, partitions: 3)
        let consumer = ConsumerOnThread(try log.consumer(.play, group: "model"))
        let failure = try await onOwnThread { try runModel(seed: seed, log, consumer.consumer) }
        #expect(failure == nil)
        await log.close()
    }
}

/// Appends, seeks and polls at random; answers what differed.
private func runModel(seed: UInt64, _ log: EmbeddedLog, _ consumer: any LogConsumer) throws -> String? {
    defer { consumer.close() }
    var random = SplitMix64(seed: seed)
    var model: [[String]] = [[], [], []]
    var positions = [0, 0, 0]
    var batch = RecordBatch()
    _ = try consumer.waitForAssignment()
    for step in 0..<400 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let count = [1, 3, 40, 2500][Int.random(in: 0..<4, using: &random)]
            let records = AppendBatch.numbered(.play, 0..<count, users: 50, prefix: "\(step) ")
            for (index, outcome) in log.appendBlocking(records).enumerated() {
                guard let position = outcome.position, model[Int(position.partition)].count == Int(position.offset) else {
                    return "step \(step): record \(index) is at \(outcome)"
                }
                model[Int(position.partition)].append("\(step) \(index)")
            }
        case 4:
            let partition = Int.random(in: 0..<3, using: &random)
            positions[partition] = Int.random(in: 0...model[partition].count, using: &random)
            try consumer.seek(partition: Int32(partition), to: Int64(positions[partition]))
        default:
            let limit = [1, 7, 500, 5000][Int.random(in: 0..<4, using: &random)]
            _ = try consumer.poll(into: &batch, recordCountMax: limit, timeoutMilliseconds: 0)
            let left = (0..<3).reduce(0) { $0 + model[$1].count - positions[$1] }
            guard batch.records.count <= limit, !batch.records.isEmpty || left == 0 else {
                return "step \(step): \(batch.records.count) of \(left) records, at most \(limit)"
            }
            for record in batch.texts {
                let partition = Int(record.partition)
                guard Int(record.offset) == positions[partition], model[partition][positions[partition]] == record.value else {
                    return "step \(step): \(record) instead of offset \(positions[partition])"
                }
                positions[partition] += 1
            }
        }
    }
    return nil
}
