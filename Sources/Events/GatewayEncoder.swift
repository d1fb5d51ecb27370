// hot path

internal import Avro

/// Turns the JSON of a request's body into Avro records, in one walk over its bytes and without a tree of values in between.
///
/// An object's members are noted as places in the body, matched with the fields of the event's schema, and written in the
/// schema's order. All memory of an event is scratch that the next one uses again. One encoder serves one thread.
package struct GatewayEncoder: Sendable {
    let plan: GatewayPlan
    let limits: GatewayLimits
    /// The members of an object beyond which they are only counted.
    static let memberCountMax = 64
    /// The problems of an event beyond which no more are noted.
    static let faultCountMax = 16

    var members: [JSONMember] = []
    /// The member that gives each field of the record, -1 where none does.
    var memberOfField: [Int32]
    var faults: [FieldFault] = []
    /// A string whose escapes are decoded.
    var text: [UInt8] = []
    private var lastRecord = 0

    /// `schemaIDs` names each public type's schema on the log, as the registry gave it.
    package init(schemas: EventSchemas, schemaIDs: [EventType: Int32], limits: GatewayLimits) {
        precondition((1...64).contains(limits.nestingDepthMax), "nestingDepthMax is 1 to 64")
        precondition(limits.textBytesMax <= FieldRule.foreignTextBytesMax, "textBytesMax is at most what the decoder takes")
        plan = GatewayPlan(schemas: schemas, schemaIDs: schemaIDs, limits: limits)
        self.limits = limits
        memberOfField = Array(repeating: -1, count: plan.fieldCountMax)
    }

    /// Encodes the events of `body` into `output` (emptied first), one verdict an event. `now` is in milliseconds since 1970.
    ///
    /// Throws, with nothing in `output`, where the body as a whole is no JSON or holds no event. A line of NDJSON that is none is refused alone.
    package mutating func encode(
        _ body: UnsafeRawBufferPointer, format: BodyFormat, now: Int64, into output: inout EncodedEvents
    ) throws(BodyError) {
        output.removeAll()
        do throws(JSONFault) {
            guard body.baseAddress != nil, body.count <= Int(UInt32.max) / 2 else { throw JSONFault(code: .empty, offset: 0) }
            switch format {
            case .json: try encodeJSON(body, now, &output)
            case .ndjson: try encodeLines(body, now, &output)
            }
        } catch {
            output.removeAll()
            throw BodyError(error, in: body, limits: limits)
        }
    }

    private mutating func encodeJSON(_ body: UnsafeRawBufferPointer, _ now: Int64, _ output: inout EncodedEvents) throws(JSONFault) {
        var scanner = JSONScanner(body, start: 0, end: body.count, depthMax: limits.nestingDepthMax)
        scanner.skipSpace()
        guard scanner.offset < scanner.end else { throw JSONFault(code: .empty, offset: body.count) }
        if scanner.byte(scanner.offset) == UInt8(ascii: "[") {
            try encodeArray(&scanner, now, &output)
        } else {
            try encodeEvent(&scanner, .body, now, &output)
        }
        scanner.skipSpace()
        if scanner.offset < scanner.end {
            let isObject = scanner.byte(scanner.offset) == UInt8(ascii: "{")
            throw isObject ? JSONFault(code: .severalObjects, offset: scanner.offset) : scanner.unexpected()
        }
        if output.verdicts.isEmpty { throw JSONFault(code: .empty, offset: body.count) }
    }

    private mutating func encodeArray(_ scanner: inout JSONScanner, _ now: Int64, _ output: inout EncodedEvents) throws(JSONFault) {
        scanner.offset += 1
        if try scanner.peek() == UInt8(ascii: "]") {
            scanner.offset += 1
            return
        }
        while true {
            try encodeEvent(&scanner, .element(output.verdicts.count), now, &output)
            let next = try scanner.peek()
            guard next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else { throw scanner.unexpected() }
            scanner.offset += 1
            if next == UInt8(ascii: "]") { return }
        }
    }

    private mutating func encodeLines(_ body: UnsafeRawBufferPointer, _ now: Int64, _ output: inout EncodedEvents) throws(JSONFault) {
        var start = 0
        var line = 0
        while start < body.count {
            line += 1
            var end = start
            while end < body.count, body[end] != UInt8(ascii: "\n") { end += 1 }
            var scanner = JSONScanner(body, start: start, end: end, depthMax: limits.nestingDepthMax)
            scanner.skipSpace()
            if scanner.offset < end { try encodeLine(&scanner, line, body, now, &output) }
            start = end + 1
        }
        if output.verdicts.isEmpty { throw JSONFault(code: .empty, offset: body.count) }
    }

    /// A line that is no JSON is refused alone: what it left in the output is taken back.
    private mutating func encodeLine(
        _ scanner: inout JSONScanner, _ line: Int, _ body: UnsafeRawBufferPointer, _ now: Int64, _ output: inout EncodedEvents
    ) throws(JSONFault) {
        let byteCount = output.bytes.count
        let verdictCount = output.verdicts.count
        do throws(JSONFault) {
            try encodeEvent(&scanner, .line(line), now, &output)
            scanner.skipSpace()
            if scanner.offset < scanner.end { throw scanner.unexpected() }
        } catch {
            if error.code == .tooManyEvents { throw error }
            output.bytes.removeLast(output.bytes.count - byteCount)
            output.verdicts.removeLast(output.verdicts.count - verdictCount)
            output.verdicts.append(.refused([FieldProblem(line: line, BodyError(error, in: body, limits: limits))]))
        }
    }

    private mutating func encodeEvent(
        _ scanner: inout JSONScanner, _ place: EventPlace, _ now: Int64, _ output: inout EncodedEvents
    ) throws(JSONFault) {
        guard output.verdicts.count < limits.eventCountMax else { throw JSONFault(code: .tooManyEvents, offset: scanner.offset) }
        let depth = place.depth
        faults.removeAll(keepingCapacity: true)
        guard try scanner.peek() == UInt8(ascii: "{") else {
            let value = try scanner.scanValue(depth: depth)
            note(FieldFault(code: .wrongType, value: value))
            return refuse(scanner, plan.commonRecord, place, &output)
        }
        let memberCount = try scanner.scanMembers(into: &members, countMax: Self.memberCountMax, depth: depth)
        if memberCount > Self.memberCountMax { note(FieldFault(code: .tooManyFields)) }
        let record = matchMembers(scanner)
        let start = output.bytes.count
        let identity = writeFields(of: record, scanner, now, &output.bytes)
        guard faults.isEmpty else {
            output.bytes.removeLast(output.bytes.count - start)
            return refuse(scanner, record, place, &output)
        }
        let value = Slice(offset: start, count: output.bytes.count - start)
        output.verdicts.append(.accepted(topic: plan.records[record].topic, eventID: identity.eventID, key: identity.user, value: value))
    }

    private func refuse(_ scanner: JSONScanner, _ record: Int, _ place: EventPlace, _ output: inout EncodedEvents) {
        output.verdicts.append(.refused(faults.map { FieldProblem($0, record: record, in: self, scanner, place) }))
    }

    /// Finds the schema of the event and notes which member gives which field; answers the record in the plan.
    private mutating func matchMembers(_ scanner: JSONScanner) -> Int {
        let record = findRecord(scanner)
        for index in 0..<plan.records[record].fieldCount { memberOfField[index] = -1 }
        var guess = 0
        for index in 0..<members.count {
            let key = members[index].key
            let field = withText(of: key, scanner) { [plan] in plan.field(named: $0, of: record, guess: guess) } ?? -1
            if field < 0 {
                if record != plan.commonRecord { note(FieldFault(code: .unknownField, key: key, value: members[index].value)) }
                continue
            }
            guess = field + 1
            if memberOfField[field] >= 0 {
                note(FieldFault(code: .duplicateKey, field: Int32(field), value: members[index].value))
            } else {
                memberOfField[field] = Int32(index)
            }
        }
        return record
    }

    private mutating func findRecord(_ scanner: JSONScanner) -> Int {
        for index in 0..<members.count {
            let isType = withText(of: members[index].key, scanner) { GatewayPlan.isEventType($0) } ?? false
            guard isType else { continue }
            guard members[index].value.kind == .string else { break }
            let guess = lastRecord
            lastRecord =
                withText(of: members[index].value, scanner) { [plan] in plan.record(named: $0, guess: guess) } ?? plan.commonRecord
            return lastRecord
        }
        return plan.commonRecord
    }

    /// Calls `body` with the bytes that a string means; nil where it has a surrogate without its partner.
    @inline(__always)
    mutating func withText<Result>(of token: JSONToken, _ scanner: JSONScanner, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard token.isEscaped else { return body(UnsafeRawBufferPointer(start: scanner.bytes + token.start, count: token.count)) }
        text.removeAll(keepingCapacity: true)
        guard scanner.unescape(token, into: &text) else { return nil }
        return text.withUnsafeBytes(body)
    }

    mutating func note(_ fault: FieldFault) {
        if faults.count < Self.faultCountMax { faults.append(fault) }
    }
}
