import EventLog
import Events
import Foundation

/// A `recs serve --no-jobs` with a data folder of its own, and what is on its log.
final class CaptureTarget {
    /// Where the id stands in a record's value: behind the 5 bytes of the wire format and the length of a text of 36 bytes.
    private static let idRange = 6..<42
    private static let recordCountMax = 4096

    let server: ServerChild
    private let log: CaptureBench.Log
    private let bootstrap: String?
    private let partitionCount: Int
    private let folder: BenchFolder

    init(_ log: CaptureBench.Log, broker: BrokerChild?, partitionCount: Int) throws {
        self.log = log
        self.partitionCount = partitionCount
        bootstrap = broker?.bootstrap
        folder = try BenchFolder()
        let settings = URL(fileURLWithPath: folder.path + "/recs.yaml")
        try "partitions: \(partitionCount)\nlog_level: warning\n".write(to: settings, atomically: true, encoding: .utf8)
        let place = broker.map { "kafka://\($0.bootstrap)" } ?? "embedded"
        server = try ServerChild([
            "serve", "--no-jobs", "--config", settings.path, "--data", folder.path, "--port", "0", "--log", place,
        ])
    }

    func remove() { folder.remove() }

    /// What is wrong with the log: each id must be there once, and no other.
    func faults(expecting posted: [EventID]) async throws -> [String] {
        let found = try await readIDs().sorted(by: precedes)
        let expected = posted.sorted(by: precedes)
        if found == expected { return [] }
        let repeated = zip(found, found.dropFirst()).count { $0 == $1 }
        let lost = Set(expected).subtracting(found).count
        return ["\(log.rawValue): \(expected.count) events posted, \(found.count) on the log, \(repeated) of them repeats, \(lost) lost"]
    }

    private func precedes(_ a: EventID, _ b: EventID) -> Bool { (a.high, a.low) < (b.high, b.low) }

    private func readIDs() async throws -> [EventID] {
        let log: any EventLog =
            if let bootstrap { try KafkaLog(settings: KafkaSettings(bootstrap: bootstrap)) } else {
                try EmbeddedLog(folder: folder.path + "/log")
            }
        var ids: [EventID] = []
        for topic in Topic.allCases where topic.acceptsEvents {
            _ = try await log.open(topic, partitions: partitionCount)
            let ranges = try await log.ranges(topic)
            try read(log.consumer(topic, group: nil), count: ranges.reduce(0) { $0 + $1.end - $1.start }, into: &ids)
        }
        await log.close()
        return ids
    }

    private func read(_ consumer: any LogConsumer, count: Int64, into ids: inout [EventID]) throws {
        defer { consumer.close() }
        var batch = RecordBatch()
        var left = count
        while left > 0 {
            guard case .records = try consumer.poll(into: &batch, recordCountMax: Self.recordCountMax, timeoutMilliseconds: 1000) else {
                continue
            }
            left -= Int64(batch.records.count)
            batch.bytes.withUnsafeBytes { bytes in
                for record in batch.records {
                    let value = UnsafeRawBufferPointer(rebasing: bytes[record.value.range])
                    let id =
                        value.count >= Self.idRange.upperBound ? EventID(text: UnsafeRawBufferPointer(rebasing: value[Self.idRange])) : nil
                    ids.append(id ?? EventID(high: 0, low: 0))
                }
            }
        }
    }
}
