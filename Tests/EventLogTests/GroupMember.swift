import EventLog
import Foundation

/// A consumer polling on a thread of its own until it is stopped, with what it was given so far.
///
/// Unchecked because its state is guarded by `condition`, which the compiler cannot see.
final class GroupMember: @unchecked Sendable {
    private let condition = NSCondition()
    private var owned: Set<Int32> = []
    private var taken: Set<Int32> = []
    private var read: Set<TestRecord> = []
    private var isStopping = false
    private var hasStopped = false

    init(_ consumer: any LogConsumer) {
        let handle = ConsumerOnThread(consumer)
        let thread = Thread { [self] in run(handle.consumer) }
        thread.start()
    }

    var partitions: Set<Int32> { locked { owned } }
    /// Every partition that was ever revoked.
    var revoked: Set<Int32> { locked { taken } }
    var values: Set<String> { locked { Set(read.map(\.value)) } }
    var recordCount: Int { locked { read.count } }

    /// Waits at most 30 s until the partitions are as wanted.
    func waits(_ condition: @escaping @Sendable (Set<Int32>) -> Bool) async -> Bool { await waitsFor { condition(self.owned) } }

    /// The same with a condition on all members' records.
    func waitsForRecords(_ condition: @escaping @Sendable (Set<TestRecord>) -> Bool) async -> Bool {
        for _ in 0..<300 {
            if condition(locked { read }) { return true }
            _ = await waitsFor(seconds: 0.1) { false }
        }
        return false
    }

    /// Closes the consumer and ends the thread.
    func stop() async {
        locked { isStopping = true }
        _ = await waitsFor { self.hasStopped }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body()
    }

    private func waitsFor(seconds: Double = 30, _ holds: @escaping @Sendable () -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                let deadline = Date(timeIntervalSinceNow: seconds)
                condition.lock()
                var isWaiting = true
                while !holds() && isWaiting { isWaiting = condition.wait(until: deadline) }
                let result = holds()
                condition.unlock()
                continuation.resume(returning: result)
            }
            thread.start()
        }
    }

    private func run(_ consumer: any LogConsumer) {
        var batch = RecordBatch()
        while !locked({ isStopping }) {
            guard let result = try? consumer.poll(into: &batch, recordCountMax: 100, timeoutMilliseconds: 100) else { break }
            condition.lock()
            switch result {
            case .records: read.formUnion(batch.texts)
            case .assigned(let partitions): owned.formUnion(partitions)
            case .revoked(let partitions):
                owned.subtract(partitions)
                taken.formUnion(partitions)
            }
            condition.broadcast()
            condition.unlock()
        }
        consumer.close()
        condition.lock()
        hasStopped = true
        condition.broadcast()
        condition.unlock()
    }
}
