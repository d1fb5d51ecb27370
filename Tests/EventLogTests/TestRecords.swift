import EventLog
import Events
import Foundation

/// A record as tests see it: texts instead of slices.
struct TestRecord: Hashable, Sendable {
    var partition: Int32
    var offset: Int64
    var key: String
    var value: String
}

extension AppendBatch {
    /// Adds a record of two texts.
    mutating func add(_ topic: Topic, key: String, value: String) {
        let keyStart = bytes.count
        bytes += Array(key.utf8)
        let valueStart = bytes.count
        bytes += Array(value.utf8)
        records.append(
            Record(
                topic: topic, key: Slice(offset: keyStart, count: valueStart - keyStart),
                value: Slice(offset: valueStart, count: bytes.count - valueStart)))
    }

    /// Records `prefix0`, `prefix1`, … of one topic, keyed by `users` users in turn.
    static func numbered(_ topic: Topic, _ range: Range<Int>, users: Int = 7, prefix: String = "value-") -> AppendBatch {
        var batch = AppendBatch()
        for number in range { batch.add(topic, key: "user-\(number % users)", value: "\(prefix)\(number)") }
        return batch
    }
}

extension RecordBatch {
    /// The records with their texts.
    var texts: [TestRecord] {
        records.map { record in
            TestRecord(
                partition: record.partition, offset: record.offset, key: String(decoding: bytes[record.key.range], as: UTF8.self),
                value: String(decoding: bytes[record.value.range], as: UTF8.self))
        }
    }
}

extension AppendOutcome {
    /// Where the record stands; nil if it failed.
    var position: LogPosition? {
        if case .appended(let position) = self { position } else { nil }
    }

    /// Why it failed; nil if it did not.
    var error: LogError? {
        if case .failed(let error) = self { error } else { nil }
    }
}

extension LogConsumer {
    /// Polls until `count` records are there or `seconds` have passed; seeks nothing.
    func collect(_ count: Int, recordCountMax: Int = 1000, seconds: Int = 20) throws -> [TestRecord] {
        var found: [TestRecord] = []
        var batch = RecordBatch()
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        while found.count < count, clock.now < deadline {
            _ = try poll(into: &batch, recordCountMax: recordCountMax, timeoutMilliseconds: 500)
            found += batch.texts
        }
        return found
    }

    /// Polls until partitions are assigned; empty if none were in 20 s.
    func waitForAssignment() throws -> [Int32] {
        var batch = RecordBatch()
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while clock.now < deadline {
            if case .assigned(let partitions) = try poll(into: &batch, recordCountMax: 1, timeoutMilliseconds: 500) { return partitions }
        }
        return []
    }
}
