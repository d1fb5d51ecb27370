import EventLog
import Events
import Features

/// Erasure is an event (DESIGN §6.9): `user_erased` goes into every topic that has a job.
///
/// `attribution_events` gets it last, with the offsets that it got on the topics whose jobs forward there. These may lag: what they forward
/// of records before the erasure arrives behind it, and is told by its source's offset. (All topics have the same partitions, so that the
/// viewer's is of the same number everywhere.) Were it the other way round, nothing would tell such a forward from one of a viewer who is
/// back; as it is, what a viewer does between the two appends and is forwarded at once is erased with the rest.
struct Erasure: Sendable {
    /// In the order in which `user_erased` tells their offsets.
    private static let forwarding: [Topic] = [.impression, .play, .experiment]

    private let log: any EventLog
    private let writer: InternalEventWriter

    init(log: any EventLog, writer: InternalEventWriter) {
        self.log = log
        self.writer = writer
    }

    /// Appends the erasure and answers its positions; throws a problem where the log did not take all of it (asking again is safe).
    func erase(_ user: UserID) async throws(Problem) -> ReadToken {
        let now = wallClockMilliseconds()
        let first = try await append(user, at: now, to: Topic.allCases.filter { $0.hasJob && $0 != .attribution })
        let offsets = Erasure.forwarding.map { topic in first.first { $0.topic == topic }?.offset ?? -1 }
        let last = try await append(user, at: now, to: [.attribution], sourceOffsets: offsets)
        var token = ReadToken()
        for position in first + last { token.add(topic: position.topic, partition: position.partition, offset: position.offset) }
        return token
    }

    private func append(
        _ user: UserID, at now: Int64, to topics: [Topic], sourceOffsets: [Int64] = []
    ) async throws(Problem) -> [LogPosition] {
        var batch = AppendBatch()
        for topic in topics {
            let record = writer.userErased(
                id: EventID.random(), user: user.description, timestamp: now, sourceOffsets: sourceOffsets, into: &batch.bytes)
            batch.records.append(.init(topic: topic, key: record.key, value: record.value))
        }
        var positions: [LogPosition] = []
        for outcome in await log.append(batch) {
            switch outcome {
            case .appended(let position): positions.append(position)
            case .failed(let error): throw Problem.unavailable("the erasure is not complete, ask again: \(error)")
            }
        }
        return positions
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
