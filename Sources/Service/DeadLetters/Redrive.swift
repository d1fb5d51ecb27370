import EventLog
package import Events
import Features

/// Puts dead letters that would be applied now back on their topics, each exactly once.
///
/// Three things keep it at once: the table `redriven` names what was put back; where a crash left that open, the log is asked whether the
/// record stands there again; and the record has its event's own id, which its job counts once.
///
/// A viewer who is erased between the look at the log and the append would come back by the record behind the erasure, and is erased again
/// behind that (DESIGN §6.9).
package struct Redrive {
    /// One letter that can go back.
    struct Candidate {
        var letter: DeadLetter
        var value: [UInt8]
        /// True where a redrive that was cut short may have put it back.
        var isIntended: Bool
    }

    /// A letter that stays where it is.
    package struct Left: Sendable, Encodable {
        package var letter: String
        package var id: String
        package var reason: String
        package var detail: String
    }

    /// What is to be done; nothing has been yet.
    package struct Plan {
        var ready: [Candidate] = []
        var again: [LogPosition] = []
        var erased: [LogPosition] = []
        /// Viewers whom a redrive that was cut short has brought back: their letters stand on their topics behind the erasure.
        var revived: Set<[UInt8]> = []
        /// Names of the filter that no letter has, in order.
        package fileprivate(set) var unknown: [String] = []
        /// Goes on from where the log was looked at.
        fileprivate var scan: RedriveScan
        package fileprivate(set) var left: [Left] = []
        package fileprivate(set) var leftCount = 0
        /// Were redriven before.
        package fileprivate(set) var doneCount = 0
        /// True where there are more than one run takes.
        package fileprivate(set) var isCut = false

        fileprivate init(scan: RedriveScan) { self.scan = scan }

        package var readyCount: Int { ready.count }
        /// The same record stands on its topic again.
        package var againCount: Int { again.count }
        /// Of viewers that were erased since.
        package var erasedCount: Int { erased.count }
        /// The letters that go back, by topic.
        package var topics: [(topic: Topic, count: Int)] {
            Topic.allCases.compactMap { topic in
                let count = ready.count { $0.letter.origin.topic == topic }
                return count > 0 ? (topic, count) : nil
            }
        }
    }

    /// Letters that one run holds in memory.
    static let candidateCountMax = 50_000
    private static let leftCountMax = 1000
    private static let batchCountMax = 500

    private let letters: DeadLetters
    private let table: RedriveTable
    private let erasure: Erasure

    package init(_ letters: DeadLetters) {
        self.letters = letters
        table = RedriveTable(control: letters.control)
        erasure = Erasure(log: letters.foundations.log, writer: letters.foundations.writer)
    }

    /// Sorts the letters that the filter takes. Changes nothing. Blocks.
    package func plan(_ filter: DeadLetters.Filter, now: Int64 = wallClockMilliseconds()) throws -> Plan {
        var plan = Plan(scan: try RedriveScan(letters))
        var check = try LetterCheck(letters)
        let known = try letters.redriven()
        var unknown = filter.names
        try letters.each(filter) { letter in
            unknown.subtract([letter.id, letter.place])
            let entry = known[letter.origin]
            if let entry, entry.state != .intended {
                plan.doneCount += 1
                return
            }
            switch try check.verdict(letter, now: now) {
            case .usable(let value):
                if plan.ready.count < Redrive.candidateCountMax {
                    plan.ready.append(Candidate(letter: letter, value: value, isIntended: entry != nil))
                } else {
                    plan.isCut = true
                }
            case .refused(let reason, let detail):
                plan.leftCount += 1
                guard plan.left.count < Redrive.leftCountMax else { return }
                plan.left.append(Left(letter: letter.place, id: letter.id, reason: reason, detail: detail))
            }
        }
        plan.unknown = unknown.sorted()
        var scan = plan.scan
        try scan.sort(&plan)
        plan.scan = scan
        return plan
    }

    /// Carries the plan out; answers how many letters were appended. What the log did not take stays for the next run. Blocks.
    package func carryOut(_ plan: Plan, progress: (Int) -> Void) throws -> Int {
        let generations = letters.foundations.generations
        var scan = plan.scan
        try erase(plan.revived)
        try table.set(plan.again, to: .done, at: wallClockMilliseconds(), generations)
        try table.set(plan.erased, to: .erased, at: wallClockMilliseconds(), generations)
        var rest = plan.ready[...]
        var count = 0
        while !rest.isEmpty {
            let some = rest.prefix(Redrive.batchCountMax)
            rest = rest.dropFirst(some.count)
            try table.set(some.map(\.letter.origin), to: .intended, at: wallClockMilliseconds(), generations)
            let outcomes = letters.foundations.log.appendBlocking(Redrive.batch(some))
            let done = zip(some, outcomes).compactMap { candidate, outcome -> RedriveScan.Redriven? in
                if case .appended(let position) = outcome { .init(letter: candidate.letter, position: position) } else { nil }
            }
            // Only then is it done: whoever finds it intended looks for an erasure.
            try erase(try scan.revived(by: done))
            try table.set(done.map(\.letter.origin), to: .done, at: wallClockMilliseconds(), generations)
            count += done.count
            for case .failed(let error) in outcomes { throw error }
            progress(count)
        }
        return count
    }

    private func erase(_ viewers: Set<[UInt8]>) throws {
        for viewer in viewers { try erasure.eraseBlocking(UserID(String(decoding: viewer, as: UTF8.self))) }
    }

    private static func batch(_ candidates: ArraySlice<Candidate>) -> AppendBatch {
        var batch = AppendBatch()
        for candidate in candidates {
            let key = Slice(offset: batch.bytes.count, count: candidate.letter.key.count)
            batch.bytes += candidate.letter.key
            let value = Slice(offset: batch.bytes.count, count: candidate.value.count)
            batch.bytes += candidate.value
            batch.records.append(.init(topic: candidate.letter.origin.topic, key: key, value: value))
        }
        return batch
    }
}
