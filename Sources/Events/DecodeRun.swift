// hot path

internal import Avro

/// The reading of one value: a walk through the steps of a program.
struct DecodeRun {
    private var reader: AvroReader
    /// Where the value says which type it is, if a step asked for it.
    private(set) var typeRange: Range<Int>?

    init(reader: AvroReader) { self.reader = reader }

    /// Reads the whole value; answers why it cannot be read.
    @inline(__always)
    mutating func run(
        _ steps: UnsafeBufferPointer<DecodeStep>, _ program: EventDecoder.Program, into event: inout Event
    ) -> Undecodable? {
        if let fault = run(steps, program.start, program.end, &event) { return fault }
        return reader.offset == reader.end ? nil : .malformedAvro
    }

    private mutating func run(
        _ steps: UnsafeBufferPointer<DecodeStep>, _ start: Int, _ end: Int, _ event: inout Event
    ) -> Undecodable? {
        var index = start
        while index < end {
            let step = steps[index]
            index += 1
            switch step.action {
            case .jump: index = Int(step.argument)
            case .branch:
                guard let branch = reader.readLong(), branch >= 0, branch < step.argument else { return .malformedAvro }
                index += Int(branch)
            case .loop:
                let body = index
                index += Int(step.argument)
                if let fault = loop(steps, body, index, &event) { return fault }
            default:
                if let fault = read(step, &event) { return fault }
            }
        }
        return nil
    }

    /// Passes over the items of an array or a map (Avro 1.11, "Binary Encoding": blocks; a negative count is followed by the block's size).
    private mutating func loop(
        _ steps: UnsafeBufferPointer<DecodeStep>, _ start: Int, _ end: Int, _ event: inout Event
    ) -> Undecodable? {
        while true {
            guard let count = reader.readLong(), count > Int64.min else { return .malformedAvro }
            if count == 0 { return nil }
            if count < 0 {
                guard let size = reader.readLong(), size >= 0, size <= Int64(reader.remaining), reader.skip(count: Int(size)) else {
                    return .malformedAvro
                }
                continue
            }
            // Items without steps have no bytes, so that a count of whatever size costs nothing.
            if start == end { continue }
            for _ in 0..<count {
                if let fault = run(steps, start, end, &event) { return fault }
            }
        }
    }

    @inline(__always)
    private mutating func read(_ step: DecodeStep, _ event: inout Event) -> Undecodable? {
        switch step.action {
        case .text: return readText(step, &event)
        case .bytes: return readBytes(step, &event)
        case .eventID: return readEventID(&event)
        case .long: return keep(reader.readLong(), step, &event)
        case .int: return keep(reader.readInt().map { Int64($0) }, step, &event)
        case .microseconds: return keep(reader.readLong().map { Self.floorDivide($0, 1_000) }, step, &event)
        case .float: return keep(reader.readFloat().map { Double($0) }, step, &event)
        case .double: return keep(reader.readDouble(), step, &event)
        case .longAsDouble: return keep(reader.readLong().map { Double($0) }, step, &event)
        case .boolean:
            guard let flag = reader.readBoolean() else { return .malformedAvro }
            if step.slot == .flag { event.flag = flag }
            return nil
        case .textList, .intList, .longList: return readList(step, &event)
        case .eventType: return readEventType()
        case .absent:
            event.clear(step.slot)
            return nil
        case .skipLong: return reader.readLong() == nil ? .malformedAvro : nil
        case .skipText: return reader.readBytes() == nil ? .malformedAvro : nil
        case .skipBytes: return reader.skip(count: Int(step.argument)) ? nil : .malformedAvro
        case .refuse, .loop, .branch, .jump: return .unexpectedBranch
        }
    }

    @inline(__always)
    private mutating func readText(_ step: DecodeStep, _ event: inout Event) -> Undecodable? {
        guard let range = reader.readBytes() else { return .malformedAvro }
        if let fault = check(range, step.rule) { return fault }
        event.set(step.slot, to: Slice(offset: range.lowerBound, count: range.count))
        return nil
    }

    @inline(__always)
    private func check(_ range: Range<Int>, _ rule: FieldRule) -> Undecodable? {
        guard range.count <= rule.byteCountMax(other: FieldRule.foreignTextBytesMax), !(rule.needsText && range.isEmpty) else {
            return .textLength
        }
        guard let base = reader.bytes.baseAddress, UTF8Text.isValid(base, range.lowerBound, range.upperBound) else { return .invalidUTF8 }
        return nil
    }

    private mutating func readBytes(_ step: DecodeStep, _ event: inout Event) -> Undecodable? {
        guard let range = reader.readBytes() else { return .malformedAvro }
        event.set(step.slot, to: Slice(offset: range.lowerBound, count: range.count))
        return nil
    }

    private mutating func readEventID(_ event: inout Event) -> Undecodable? {
        guard let range = reader.readBytes() else { return .malformedAvro }
        guard let id = EventID(text: UnsafeRawBufferPointer(rebasing: reader.bytes[range])) else { return .invalidEventID }
        event.id = id
        return nil
    }

    private mutating func readEventType() -> Undecodable? {
        guard let range = reader.readBytes() else { return .malformedAvro }
        typeRange = range
        return nil
    }

    @inline(__always)
    private mutating func keep(_ number: Int64?, _ step: DecodeStep, _ event: inout Event) -> Undecodable? {
        guard let number else { return .malformedAvro }
        guard step.rule.allows(number) else { return .outOfRange }
        event.set(step.slot, to: number)
        return nil
    }

    @inline(__always)
    private mutating func keep(_ number: Double?, _ step: DecodeStep, _ event: inout Event) -> Undecodable? {
        guard let number else { return .malformedAvro }
        guard step.rule.allows(number) else { return .outOfRange }
        if step.slot == .value { event.value = number }
        return nil
    }

    /// Reads a list through, so that whoever reads its slice finds only what is sound.
    private mutating func readList(_ step: DecodeStep, _ event: inout Event) -> Undecodable? {
        let start = reader.offset
        while true {
            guard let count = reader.readLong(), count > Int64.min else { return .malformedAvro }
            if count == 0 { break }
            if count < 0, reader.readLong() == nil { return .malformedAvro }
            for _ in 0..<count.magnitude {
                if let fault = readItem(step) { return fault }
            }
        }
        if step.slot == .list { event.list = Slice(offset: start, count: reader.offset - start) }
        return nil
    }

    @inline(__always)
    private mutating func readItem(_ step: DecodeStep) -> Undecodable? {
        if step.action == .textList {
            guard let range = reader.readBytes() else { return .malformedAvro }
            return check(range, step.rule)
        }
        let number = step.action == .intList ? reader.readInt().map { Int64($0) } : reader.readLong()
        guard let number else { return .malformedAvro }
        return step.rule.allows(number) ? nil : .outOfRange
    }

    private static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
        let quotient = number / divisor
        return number % divisor < 0 ? quotient - 1 : quotient
    }
}
