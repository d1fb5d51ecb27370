import EventLog
import Events
import Features

/// Erasure is an event (DESIGN §6.9): `user_erased` goes into every topic that has a job.
struct Erasure: Sendable {
    private let log: any EventLog
    private let writer: InternalEventWriter

    init(log: any EventLog, writer: InternalEventWriter) {
        self.log = log
        self.writer = writer
    }

    /// Appends the erasure and answers its positions; throws a problem where the log did not take all of it (asking again is safe).
    func erase(_ user: UserID) async throws(Problem) -> ReadToken {
        var token = ReadToken()
        for outcome in await log.append(batch(user)) {
            switch outcome {
            case .appended(let position): token.add(topic: position.topic, partition: position.partition, offset: position.offset)
            case .failed(let error): throw Problem.unavailable("the erasure is not complete, ask again: \(error)")
            }
        }
        return token
    }

    /// The same for callers on a thread of their own.
    func eraseBlocking(_ user: UserID) throws(LogError) {
        for case .failed(let error) in log.appendBlocking(batch(user)) { throw error }
    }

    private func batch(_ user: UserID) -> AppendBatch {
        var batch = AppendBatch()
        let now = wallClockMilliseconds()
        for topic in Topic.allCases where topic.hasJob {
            let record = writer.userErased(id: EventID.random(), user: user.description, timestamp: now, into: &batch.bytes)
            batch.records.append(.init(topic: topic, key: record.key, value: record.value))
        }
        return batch
    }
}

extension EventID {
    /// A random UUID (version 4).
    static func random() -> EventID {
        let high = UInt64.random(in: .min ... .max) & ~0xf000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(3 << 62) | 2 << 62
        return EventID(high: high, low: low)
    }
}
