import EventLog
import Events

/// Reads what came to the letters' topics after them: a record that stands there again must not be put back a second time, and one of a
/// viewer who was erased must not bring the viewer back.
struct RedriveScan {
    /// A letter whose record stands on its topic again, and where.
    struct Redriven {
        var letter: DeadLetter
        var position: LogPosition
    }

    private let letters: DeadLetters
    private let moved: [LogPosition: LogPosition]
    private var decoder: EventDecoder
    /// By topic and partition, the offset to go on reading at.
    private var next: [Topic: [Int32: Int64]] = [:]
    /// The viewers of the letters that go back, by topic, and where each was erased last since `sort`.
    private var viewers: [Topic: Set<[UInt8]>] = [:]
    private var erasures: [Topic: [[UInt8]: LogPosition]] = [:]

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
                if let erasure = found.erased[index] {
                    plan.erased.append(candidate.letter.origin)
                    if candidate.isIntended, let record = found.again[index], isBehind(record, erasure) {
                        plan.revived.insert(candidate.letter.key)
                    }
                } else if found.again[index] != nil {
                    plan.again.append(candidate.letter.origin)
                } else {
                    rest.append(candidate)
                    viewers[topic, default: []].insert(candidate.letter.key)
                }
            }
        }
        plan.ready = rest
    }

    /// The viewers who were erased since `sort` and come back by these records: none of their erasures stands behind the record.
    mutating func revived(by records: [Redriven]) throws -> Set<[UInt8]> {
        for topic in Set(records.map(\.position.topic)) { try goOn(topic) }
        return Set(
            records.filter { record in
                erasures[record.position.topic]?[record.letter.key].map { isBehind(record.position, $0) } ?? false
            }.map(\.letter.key))
    }

    /// Notes the erasures that came to the topic since it was read last.
    private mutating func goOn(_ topic: Topic) throws {
        let starts = next[topic] ?? [:]
        try LogScan(log: letters.foundations.log).each(of: topic, from: { starts[$0.partition] }) { record, bytes in
            next[topic, default: [:]][record.partition] = record.offset + 1
            let key = Array(bytes[record.key.range])
            guard viewers[topic]?.contains(key) == true, try isErasure(Array(bytes[record.value.range])) else { return }
            erasures[topic, default: [:]][key] = LogPosition(topic: topic, partition: record.partition, offset: record.offset)
        }
    }

    private func isBehind(_ record: LogPosition, _ erasure: LogPosition) -> Bool {
        record.partition == erasure.partition && record.offset > erasure.offset
    }

    /// Where the last record that is the same, and the last erasure of the viewer, stand behind the letter; by the candidate's index.
    private mutating func scan(
        _ topic: Topic, _ candidates: [Redrive.Candidate]
    ) throws -> (again: [Int: LogPosition], erased: [Int: LogPosition]) {
        var again: [Int: LogPosition] = [:]
        var erased: [Int: LogPosition] = [:]
        let byUser = Dictionary(grouping: candidates.indices) { candidates[$0].letter.key }
        let starts = starts(candidates)
        next[topic] = starts
        try LogScan(log: letters.foundations.log).each(of: topic, from: { starts[$0.partition] }) { record, bytes in
            next[topic, default: [:]][record.partition] = record.offset + 1
            guard let indices = byUser[Array(bytes[record.key.range])] else { return }
            let value = Array(bytes[record.value.range])
            let isErasure = try isErasure(value)
            let position = LogPosition(topic: topic, partition: record.partition, offset: record.offset)
            for index in indices where follows(record, candidates[index].letter) {
                if isErasure { erased[index] = position }
                if value == candidates[index].value { again[index] = position }
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
