/// One thing that is wrong with an event: where, what was found, and what to do.
package struct FieldProblem: Sendable, Hashable {
    /// `$.position_ms`, in an array `$[3].title_ids[0]`, in NDJSON `line 3: $.position_ms`.
    package var path: String
    /// The kind of fault, for programs: `missing`, `unknown_field`, `too_many_fields`, `duplicate_key`, `wrong_type`,
    /// `unknown_event_type`, `invalid_uuid`, `empty`, `too_long`, `too_many_elements`, `not_ascii`, `not_integer`, `out_of_range`,
    /// `lone_surrogate`, `invalid_timestamp`, `timestamp_in_future`, `timestamp_too_old`; for a line that is no JSON a code of `BodyError`.
    package var code: String
    /// What stood there, shortened.
    package var found: String
    /// What to do.
    package var message: String

    /// The problem of a line of NDJSON that is no JSON.
    init(line: Int, _ error: BodyError) {
        path = "line \(line): $"
        code = error.code.rawValue
        found = "byte \(error.offset) of the body"
        message = error.message
    }

    /// Says in words what the encoder noted.
    init(_ fault: FieldFault, record: Int, in encoder: GatewayEncoder, _ scanner: JSONScanner, _ place: EventPlace) {
        let plan = encoder.plan
        let field = fault.field < 0 ? nil : plan.fields[plan.records[record].firstField + Int(fault.field)]
        let name = field.map { plan.text($0.name) }
        path = place.path + (name.map { "." + $0 } ?? fault.key.map { Self.keyPath($0, scanner) } ?? "")
        if fault.element >= 0 { path += "[\(fault.element)]" }
        code = fault.code.name
        found = fault.value.map { Self.excerpt($0, scanner) } ?? "nothing"
        message = fault.code.advice(plan: plan, record: record, field: field, limits: encoder.limits)
    }

    /// The step to a key that is no field: `.key`, or `["a key"]` where it has other characters than letters, digits and `_`.
    private static func keyPath(_ key: JSONToken, _ scanner: JSONScanner) -> String {
        let text = shortened(key, scanner)
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 == UInt8(ascii: "_") || Character(UnicodeScalar($0)).isASCIIAlphanumeric }
        return isPlain ? "." + text : "[\"\(text)\"]"
    }

    /// The value as it stands in the body, at most 64 bytes of it.
    private static func excerpt(_ value: JSONToken, _ scanner: JSONScanner) -> String {
        value.kind == .string ? "\"\(shortened(value, scanner))\"" : shortened(value, scanner)
    }

    private static func shortened(_ token: JSONToken, _ scanner: JSONScanner) -> String {
        let countMax = 64
        var end = min(token.end, token.start + countMax)
        while end > token.start, end < token.end, scanner.byte(end) & 0xc0 == 0x80 { end -= 1 }
        let text = String(decoding: UnsafeRawBufferPointer(start: scanner.bytes + token.start, count: end - token.start), as: UTF8.self)
        return end < token.end ? "\(text)… (\(token.count) bytes)" : text
    }
}

extension Character {
    fileprivate var isASCIIAlphanumeric: Bool { isASCII && (isLetter || isNumber) }
}

extension EventPlace {
    /// The way to the event in the body.
    var path: String {
        switch self {
        case .body: "$"
        case .element(let index): "$[\(index)]"
        case .line(let line): "line \(line): $"
        }
    }
}
