import EventLog
import Events
import FeatureStore
import Features

/// One run of `StreamBench`: fill the log, let the jobs work it off, check, measure the yardsticks.
struct StreamBenchRun {
    let bench: StreamBench
    let scene: StreamScene

    static let writesDetail = "writes a changed viewer, topic and flush"
    private static let writeCountMax = 16_000
    private var parts: Parts { scene.parts }

    func measure() async throws -> StreamBench.Outcome {
        let sent = try await scene.fill(events: bench.eventCount, users: bench.userCount, seed: bench.seed)
        let before = scene.meter()
        let bytesBefore = try scene.redisInfo("aof_current_size")
        try await scene.work(off: sent.events)
        var run = before.run(count: sent.events, stages: scene.stages)
        let bytes = try scene.redisInfo("aof_current_size") - bytesBefore
        scene.progress("checking")
        let written = parts.stages.written
        var faults = scene.check(sent)
        if written.users > written.changed { faults.append("\(written.users) values written of \(written.changed) changed viewers") }
        run.times = .init("commit", p50: parts.stages.commitMilliseconds(0.5), p99: parts.stages.commitMilliseconds(0.99))
        run.details = [
            ("append-only bytes an event", Double(bytes) / Double(sent.events)),
            (Self.writesDetail, Double(written.users) / Double(max(written.changed, 1))),
            ("viewers' values an event", Double(written.users) / Double(sent.events)),
            ("titles' values an event", Double(written.titles) / Double(sent.events)),
        ]
        let writes = BenchReport.Run(
            count: written.users + written.titles, seconds: run.seconds, cpuSeconds: run.cpuSeconds, others: run.others)
        return StreamBench.Outcome(
            faults: faults, stream: .init("stream", unit: "events", runs: [run]),
            writes: .init("stream, values written", unit: "values", runs: [writes]),
            capture: .init("capture without HTTP", unit: "events", runs: [sent.run]), bareRead: try await bareRead(),
            bareWrites: try bareWrites())
    }

    // MARK: Yardsticks

    /// Reading the same topics without doing anything with the records: on Kafka by librdkafka alone, else by our reader of the embedded log.
    private func bareRead() async throws -> BenchReport.Figure {
        scene.progress("yardstick: bare read of the log")
        let topics = Topic.allCases.filter(\.acceptsEvents)
        guard let bootstrap = scene.kafkaBootstrap else {
            let meter = scene.meter()
            var count = 0
            for topic in topics { try LogScan(log: parts.foundations.bareLog).each(of: topic, from: \.start) { _, _ in count += 1 } }
            return .init("bare read of the embedded log", unit: "events", runs: [meter.run(count: count)])
        }
        var counts: [(topic: Topic, count: Int)] = []
        for topic in topics { counts.append((topic, try await scene.recordCount(topic))) }
        let meter = scene.meter()
        for (topic, count) in counts {
            _ = try BareKafkaRead.run(
                KafkaSettings(bootstrap: bootstrap), topic: topic.name, partitions: parts.foundations.partitionCount, recordCount: count)
        }
        let run = meter.run(count: counts.reduce(0) { $0 + $1.count })
        return .init("bare librdkafka consume", unit: "events", runs: [run])
    }

    /// Writing the very values that the run left once more, as conditional writes in pipelines over all partitions, and nothing else.
    private func bareWrites() throws -> BenchReport.Figure {
        scene.progress("yardstick: bare conditional writes")
        let connection = try StoreConnection(scene.redis.address)
        var values: [[UInt8]] = []
        try connection.forEachKeys(prefix: parts.keys.namespacePrefix) { (keys) throws(StoreError) in
            let users = keys.filter { String(decoding: $0, as: UTF8.self).contains(":u:") }
            for value in try connection.values(users) { if let value { values.append(value) } }
        }
        let keys = Keys(namespace: "yardstick", bucketsPerPartition: parts.keys.bucketsPerPartition)
        var batches = (0..<parts.foundations.partitionCount).map { WriteBatch(keys: keys, topic: "bare", partition: Int32($0)) }
        func write(_ expected: (UnsafeRawBufferPointer) -> Position?) throws(StoreError) {
            for (index, value) in values.enumerated() {
                let partition = index % batches.count
                let bucket = Bucket(partition: Int32(partition), index: Int32(index / batches.count % keys.bucketsPerPartition))
                let user = Array("u-\(index)".utf8)
                user.withUnsafeBytes { user in
                    value.withUnsafeBytes {
                        batches[partition].appendUser(bucket, user, expected: expected($0), value: $0, expiresAt: 0)
                    }
                }
                if (index + 1) % Self.writeCountMax == 0 || index == values.count - 1 {
                    _ = try connection.commit(batches)
                    for partition in batches.indices { batches[partition].removeAll() }
                }
            }
        }
        // They must be there to be replaced.
        try write { _ in nil }
        let meter = scene.meter()
        try write { value in
            Position(
                generation: value.loadUnaligned(as: UInt64.self).bigEndian,
                offset: Int64(bitPattern: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian))
        }
        return .init("bare conditional writes", unit: "values", runs: [meter.run(count: values.count)])
    }
}
