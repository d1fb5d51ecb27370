import EventLog
import Events

/// Reads what came to the letters' topics after them: a record that stands there again must not be put back a second time, and one of a
/// viewer who was erased must not bring the viewer back.
struct RedriveScan {
    private let letters: DeadLetters
    private let moved: [LogPosition: LogPosition]
    private var decoder: EventDecoder

    init(_ letters: DeadLetters) throws {
        self.letters = letters
        moved = try letters.movedRecords()
        decoder = EventDecoder(schemas: letters.foundations.schemas)
    }

    /// Takes the letters concerned out of `ready`.
    mutating func sort(_ plan: inout Redrive.Plan) throws {
        var rest: [Redrive.Candidate] = []
        for (topic, candidates) in Dictionary(grouping: plan.ready, by: \.letter.origin.topic) {
            let found = try scan(topic, candidates)
            for (index, candidate) in candidates.enumerated() {
                if found.erased.contains(index) {
                    plan.erased.append(candidate.letter.origin)
                } else if found.again.contains(index) {
                    plan.again.append(candidate.letter.origin)
                } else {
                    rest.append(candidate)
                }
            }
        }
        plan.ready = rest
    }

    private mutating func scan(_ topic: Topic, _ candidates: [Redrive.Candidate]) throws -> (again: Set<Int>, erased: Set<Int>) {
        var again: Set<Int> = []
        var erased: Set<Int> = []
        let byUser = Dictionary(grouping: candidates.indices) { candidates[$0].letter.key }
        let starts = starts(candidates)
        try LogScan(log: letters.foundations.log).each(of: topic, from: { starts[$0.partition] }) { record, bytes in
            guard let indices = byUser[Array(bytes[record.key.range])] else { return }
            let value = Array(bytes[record.value.range])
            let isErasure = try isErasure(value)
            for index in indices where follows(record, candidates[index].letter) {
                if isErasure { erased.insert(index) }
                if value == candidates[index].value { again.insert(index) }
            }
        }
        return (again, erased)
    }

    /// In a letter's own partition from behind it; all of the partition that its key belongs to, where that is another one.
    private func starts(_ candidates: [Redrive.Candidate]) -> [Int32: Int64] {
        var starts: [Int32: Int64] = [:]
        for candidate in candidates {
            let origin = place(of: candidate.letter)
            let home = candidate.letter.key.withUnsafeBytes { partition(of: $0, count: letters.foundations.partitionCount) }
            let offset = home == origin.partition ? origin.offset + 1 : 0
            starts[home] = min(starts[home] ?? offset, offset)
        }
        return starts
    }

    /// True where the record came after the letter's. In another partition only time can tell.
    private func follows(_ record: RecordBatch.Record, _ letter: DeadLetter) -> Bool {
        let origin = place(of: letter)
        return record.partition == origin.partition ? record.offset > origin.offset : record.timestamp >= letter.at
    }

    /// Where the letter's record stands on the log as it is now.
    private func place(of letter: DeadLetter) -> LogPosition { moved[letter.origin] ?? letter.origin }

    private mutating func isErasure(_ value: [UInt8]) throws -> Bool {
        var event = Event(type: .seek)
        let place = Slice(offset: 0, count: value.count)
        var result = value.withUnsafeBytes { decoder.decode($0, place, into: &event) }
        if case .unknownSchema(let id) = result, let schema = try letters.schema(id) {
            decoder.register(id, writer: schema)
            result = value.withUnsafeBytes { decoder.decode($0, place, into: &event) }
        }
        return result == .event && event.type == .userErased
    }
}
