import EventLog
import Events
import FeatureStore
import Features

/// One run of `StreamBench`: fill the log, let the jobs work it off, check, measure the yardsticks.
struct StreamBenchRun {
    let bench: StreamBench
    let scene: StreamScene

    private var parts: Parts { scene.parts }

    func measure() async throws -> StreamBench.Outcome {
        let sent = try await scene.fill(events: bench.eventCount, users: bench.userCount, seed: bench.seed)
        let before = scene.meter()
        let bytesBefore = try scene.redisInfo("aof_current_size")
        try await scene.work(off: sent.events)
        var run = scene.run(before, count: sent.events, stages: scene.stages)
        let bytes = try scene.redisInfo("aof_current_size") - bytesBefore
        scene.progress("checking")
        let faults = scene.check(sent)
        run.times = .init("commit", p50: parts.stages.commitMilliseconds(0.5), p99: parts.stages.commitMilliseconds(0.99))
        run.details = [("append-only bytes an event", Double(bytes) / Double(sent.events))]
        let capture = BenchReport.Run(count: sent.events, seconds: sent.seconds, cpuSeconds: sent.cpuSeconds)
        return StreamBench.Outcome(
            faults: faults, stream: .init("stream", unit: "events", runs: [run]),
            capture: .init("capture without HTTP", unit: "events", runs: [capture]), bareRead: try await bareRead(),
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
            return .init("bare read of the embedded log", unit: "events", runs: [scene.run(meter, count: count)])
        }
        var counts: [(topic: Topic, count: Int)] = []
        for topic in topics { counts.append((topic, try await scene.recordCount(topic))) }
        let meter = scene.meter()
        for (topic, count) in counts {
            _ = try BareKafkaRead.run(
                KafkaSettings(bootstrap: bootstrap), topic: topic.name, partitions: parts.foundations.partitionCount, recordCount: count)
        }
        let run = scene.run(meter, count: counts.reduce(0) { $0 + $1.count })
        return .init("bare librdkafka consume", unit: "events", runs: [run])
    }

    /// Writing the very values that the run left, as conditional writes in pipelines, and nothing else.
    private func bareWrites() throws -> BenchReport.Figure {
        scene.progress("yardstick: bare conditional writes")
        let connection = try StoreConnection(scene.redis.address)
        var values: [[UInt8]] = []
        try connection.forEachKeys(prefix: parts.keys.namespacePrefix) { (keys) throws(StoreError) in
            let users = keys.filter { String(decoding: $0, as: UTF8.self).contains(":u:") }
            for value in try connection.values(users) { if let value { values.append(value) } }
        }
        var batch = WriteBatch(keys: Keys(namespace: "yardstick"), topic: "bare", partition: 0)
        let meter = scene.meter()
        for (index, value) in values.enumerated() {
            let user = Array("u-\(index)".utf8)
            user.withUnsafeBytes { user in
                value.withUnsafeBytes { value in
                    batch.appendUser(Bucket(partition: 0, index: Int32(index / 1000 % 4)), user, expected: nil, value: value, expiresAt: 0)
                }
            }
            if batch.count == 4000 || index == values.count - 1 {
                _ = try connection.commit(batch)
                batch.removeAll()
            }
        }
        return .init("bare conditional writes", unit: "values", runs: [scene.run(meter, count: values.count)])
    }
}
