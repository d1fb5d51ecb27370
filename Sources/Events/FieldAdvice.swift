extension GatewayPlan {
    func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }

    func name(of record: Int) -> String { record == commonRecord ? "An event" : text(records[record].name) }

    func fieldNames(of record: Int) -> String {
        let first = records[record].firstField
        return fields[first..<first + records[record].fieldCount].map { text($0.name) }.joined(separator: ", ")
    }

    var eventTypeNames: String { records.dropLast().map { text($0.name) }.joined(separator: ", ") }
}

extension GatewayPlan.Field {
    /// What the field takes, in words.
    var expectation: String {
        let orNull = nullBranch >= 0 ? ", or null" : ""
        return switch rule {
        case .eventID: "a UUID as text, for example \"0190163d-8694-739b-aea5-966c26f8ad91\""
        case .eventType: "the name of an event type"
        case .timestamp: "whole milliseconds since 1970, or RFC 3339 text such as \"2024-05-01T12:30:00Z\""
        case _ where rule.needsText && kind == .text: "a string of 1 to \(byteCountMax) bytes" + orNull
        case .region: "a string of at most \(byteCountMax) ASCII characters"
        case .rating: "a number from 0.5 to 5"
        case .propensity: "a number above 0 and at most 1"
        default: kindExpectation + orNull
        }
    }

    private var kindExpectation: String {
        let amount = rule == .amount ? " from 0 to \(kind == .long ? FieldRule.amountMax : Int64(Int32.max))" : ""
        return switch kind {
        case .text: "a string of at most \(byteCountMax) bytes"
        case .int, .long: "a whole number" + amount
        case .double: "a number"
        case .boolean: "true or false"
        case .textList: "an array of strings" + (rule == .title ? ", each of 1 to \(byteCountMax) bytes" : "")
        case .intList, .longList: "an array of whole numbers" + amount
        case .bytes: "bytes"
        }
    }
}

extension FieldFault.Code {
    /// The code for programs.
    var name: String {
        switch self {
        case .missing: "missing"
        case .unknownField: "unknown_field"
        case .tooManyFields: "too_many_fields"
        case .duplicateKey: "duplicate_key"
        case .wrongType: "wrong_type"
        case .unknownEventType: "unknown_event_type"
        case .invalidUUID: "invalid_uuid"
        case .empty: "empty"
        case .tooLong: "too_long"
        case .tooManyElements: "too_many_elements"
        case .notASCII: "not_ascii"
        case .notInteger: "not_integer"
        case .outOfRange: "out_of_range"
        case .loneSurrogate: "lone_surrogate"
        case .invalidTimestamp: "invalid_timestamp"
        case .timestampInFuture: "timestamp_in_future"
        case .timestampTooOld: "timestamp_too_old"
        }
    }

    /// What to do about it.
    func advice(plan: GatewayPlan, record: Int, field: GatewayPlan.Field?, limits: GatewayLimits) -> String {
        guard let field else { return eventAdvice(plan: plan, record: record) }
        let expectation = field.expectation
        return switch self {
        case .missing: "Add \(plan.text(field.name)): \(expectation)."
        case .duplicateKey: "The key is given more than once; keep one."
        case .unknownEventType: "No such event type; the types are \(plan.eventTypeNames)."
        case .tooManyElements: "Send at most \(limits.listCountMax) elements."
        case .loneSurrogate: "A \\u escape names half of a surrogate pair; write both halves, or the character itself."
        case .timestampInFuture:
            "The time lies more than \(limits.futureMillisecondsMax) ms ahead of the gateway's clock; set the device's clock."
        case .timestampTooOld: "The time lies before 1990; send \(expectation)."
        default: "Send \(expectation)."
        }
    }

    private func eventAdvice(plan: GatewayPlan, record: Int) -> String {
        switch self {
        case .unknownField: "\(plan.name(of: record)) has no such field; take it out. Its fields are \(plan.fieldNames(of: record))."
        case .tooManyFields: "An event has at most \(GatewayEncoder.memberCountMax) fields; take the others out."
        default: "Send an event: a JSON object."
        }
    }
}
