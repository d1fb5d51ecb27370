// hot path

internal import Avro

extension GatewayEncoder {
    /// What the log and the verdict need of an event that was written.
    struct Identity: BitwiseCopyable {
        var eventID = EventID(high: 0, low: 0)
        var user = Slice.empty
    }

    /// Appends the event in Confluent wire format, and notes what is wrong with it.
    mutating func writeFields(of record: Int, _ scanner: JSONScanner, _ now: Int64, _ output: inout [UInt8]) -> Identity {
        var identity = Identity()
        let first = plan.records[record].firstField
        output.append(0)
        withUnsafeBytes(of: plan.records[record].schemaID.bigEndian) { output.append(contentsOf: $0) }
        for index in 0..<plan.records[record].fieldCount {
            let field = plan.fields[first + index]
            guard memberOfField[index] >= 0 else {
                if field.fallback.isEmpty {
                    note(FieldFault(code: .missing, field: Int32(index)))
                } else {
                    output.append(contentsOf: plan.bytes[field.fallback.range])
                }
                continue
            }
            let value = members[Int(memberOfField[index])].value
            if field.nullBranch >= 0 {
                let branch = value.kind == .null ? field.nullBranch : 1 - field.nullBranch
                AvroWriter.long(Int64(branch), into: &output)
                if value.kind == .null { continue }
            }
            if field.kind == .textList || field.kind == .intList {
                writeList(value, field, index, scanner, &output)
            } else if let code = write(value, field, record, scanner, now, &identity, &output) {
                note(FieldFault(code: code, field: Int32(index), value: value))
            }
        }
        return identity
    }

    /// Writes a list as one block; notes a fault an element.
    private mutating func writeList(
        _ value: JSONToken, _ field: GatewayPlan.Field, _ index: Int, _ scanner: JSONScanner, _ output: inout [UInt8]
    ) {
        guard value.kind == .array else { return note(FieldFault(code: .wrongType, field: Int32(index), value: value)) }
        let count = elementCount(of: value, scanner)
        guard count <= limits.listCountMax else { return note(FieldFault(code: .tooManyElements, field: Int32(index), value: value)) }
        if count > 0 { AvroWriter.long(Int64(count), into: &output) }
        var unused = Identity()
        var elements = scanner.elements(of: value)
        var element: Int32 = 0
        while let token = elements.nextElement() {
            let code =
                field.kind == .textList
                ? writeText(token, field, 0, scanner, &unused, &output)
                : writeInteger(token, field, Int64(Int32.min)...Int64(Int32.max), scanner, &output)
            if let code { note(FieldFault(code: code, field: Int32(index), element: element, value: token)) }
            element += 1
        }
        AvroWriter.long(0, into: &output)
    }

    private func elementCount(of list: JSONToken, _ scanner: JSONScanner) -> Int {
        var elements = scanner.elements(of: list)
        var count = 0
        while elements.nextElement() != nil { count += 1 }
        return count
    }

    /// Writes a value that is no list; answers what is wrong with it.
    private mutating func write(
        _ value: JSONToken, _ field: GatewayPlan.Field, _ record: Int, _ scanner: JSONScanner, _ now: Int64, _ identity: inout Identity,
        _ output: inout [UInt8]
    ) -> FieldFault.Code? {
        switch field.kind {
        case .text: return writeText(value, field, record, scanner, &identity, &output)
        case .int: return writeInteger(value, field, Int64(Int32.min)...Int64(Int32.max), scanner, &output)
        case .long where field.rule == .timestamp: return writeTimestamp(value, now, scanner, &output)
        case .long: return writeInteger(value, field, Int64.min...Int64.max, scanner, &output)
        case .double:
            guard value.kind == .integer || value.kind == .decimal else { return .wrongType }
            let number = scanner.double(value)
            guard field.rule.allows(number) else { return .outOfRange }
            AvroWriter.double(number, into: &output)
            return nil
        case .boolean:
            guard value.kind == .boolTrue || value.kind == .boolFalse else { return .wrongType }
            AvroWriter.boolean(value.kind == .boolTrue, into: &output)
            return nil
        case .bytes, .textList, .intList, .longList: return .wrongType
        }
    }

    private mutating func writeText(
        _ value: JSONToken, _ field: GatewayPlan.Field, _ record: Int, _ scanner: JSONScanner, _ identity: inout Identity,
        _ output: inout [UInt8]
    ) -> FieldFault.Code? {
        guard value.kind == .string else { return .wrongType }
        if field.rule == .eventType, record == plan.commonRecord { return .unknownEventType }
        let isWritten = withText(of: value, scanner) { Self.append($0, field, &identity, &output) }
        return isWritten ?? .loneSurrogate
    }

    private static func append(
        _ text: UnsafeRawBufferPointer, _ field: GatewayPlan.Field, _ identity: inout Identity, _ output: inout [UInt8]
    ) -> FieldFault.Code? {
        guard text.count <= field.byteCountMax else { return field.rule == .eventID ? .invalidUUID : .tooLong }
        if field.rule.needsText && text.isEmpty { return .empty }
        if field.rule == .eventID {
            guard let eventID = EventID(text: text) else { return .invalidUUID }
            identity.eventID = eventID
        }
        if field.rule == .region, text.contains(where: { $0 >= 0x80 }) { return .notASCII }
        AvroWriter.bytes(text, into: &output)
        if field.rule == .user { identity.user = Slice(offset: output.count - text.count, count: text.count) }
        return nil
    }

    private func writeInteger(
        _ value: JSONToken, _ field: GatewayPlan.Field, _ range: ClosedRange<Int64>, _ scanner: JSONScanner, _ output: inout [UInt8]
    ) -> FieldFault.Code? {
        var number: Int64 = 0
        if let code = readInteger(value, scanner, &number) { return code }
        guard range.contains(number), field.rule.allows(number) else { return .outOfRange }
        AvroWriter.long(number, into: &output)
        return nil
    }

    /// Reads a whole number; `5.0` and `1e3` are whole too.
    private func readInteger(_ value: JSONToken, _ scanner: JSONScanner, _ number: inout Int64) -> FieldFault.Code? {
        switch value.kind {
        case .integer:
            guard let integer = scanner.integer(value) else { return .outOfRange }
            number = integer
            return nil
        case .decimal:
            let double = scanner.double(value)
            guard double == double.rounded(.towardZero) else { return .notInteger }
            // Beyond 2⁵³ a double does not tell which whole number was meant.
            guard abs(double) <= 9_007_199_254_740_992 else { return .outOfRange }
            number = Int64(double)
            return nil
        default: return .wrongType
        }
    }

    private mutating func writeTimestamp(
        _ value: JSONToken, _ now: Int64, _ scanner: JSONScanner, _ output: inout [UInt8]
    ) -> FieldFault.Code? {
        var time: Int64 = 0
        if value.kind == .string {
            guard let parsed = withText(of: value, scanner, { TimestampText.milliseconds($0) }) ?? nil else { return .invalidTimestamp }
            time = parsed
        } else if let code = readInteger(value, scanner, &time) {
            return code
        }
        if time < FieldRule.timestampMin { return .timestampTooOld }
        if time > now + limits.futureMillisecondsMax { return .timestampInFuture }
        AvroWriter.long(time, into: &output)
        return nil
    }
}

extension JSONScanner {
    /// A scanner that stands on the first element of an array which was scanned before.
    func elements(of array: JSONToken) -> JSONScanner {
        var scanner = self
        scanner.offset = array.start + 1
        return scanner
    }

    /// The next element of such an array; nil at its end.
    mutating func nextElement() -> JSONToken? {
        skipSpace()
        if byte(offset) == UInt8(ascii: ",") { offset += 1 }
        do {
            if try peek() == UInt8(ascii: "]") { return nil }
            return try scanValue(depth: 0)
        } catch {
            preconditionFailure("the array was scanned before")
        }
    }
}
