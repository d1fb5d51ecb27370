/// Why a whole body is refused.
package struct BodyError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case malformedJSON = "malformed_json"
        case truncated
        case empty
        case invalidUTF8 = "invalid_utf8"
        case tooDeep = "too_deep"
        case tooManyEvents = "too_many_events"
    }
    package var code: Code
    /// Bytes from the start of the body to the fault.
    package var offset: Int
    /// What was found and what to do.
    package var message: String

    package var description: String { "\(code.rawValue) at byte \(offset): \(message)" }

    init(_ code: Code, offset: Int, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }

    init(_ fault: JSONFault, in body: UnsafeRawBufferPointer, limits: GatewayLimits) {
        let place = "at byte \(fault.offset)"
        switch fault.code {
        case .malformed:
            self.init(.malformedJSON, offset: fault.offset, "Expected JSON (RFC 8259) \(place), found \(Self.found(fault.offset, body)).")
        case .severalObjects:
            self.init(
                .malformedJSON, offset: fault.offset,
                "Another value begins \(place). Send several events in an array, or one a line as application/x-ndjson.")
        case .truncated:
            self.init(.truncated, offset: fault.offset, "The JSON ends \(place) before it is complete; send all of it.")
        case .invalidUTF8:
            self.init(
                .invalidUTF8, offset: fault.offset,
                "Expected UTF-8 \(place), found \(Self.found(fault.offset, body)); encode the text as UTF-8.")
        case .tooDeep:
            self.init(
                .tooDeep, offset: fault.offset,
                "The JSON is nested deeper than \(limits.nestingDepthMax) levels \(place); events are flat objects.")
        case .empty:
            let fix = "send an object, an array of one object or more, or one object a line."
            self.init(.empty, offset: fault.offset, "The body has no event; \(fix)")
        case .tooManyEvents:
            self.init(
                .tooManyEvents, offset: fault.offset,
                "The body has more than \(limits.eventCountMax) events; send them in several bodies.")
        }
    }

    private static func found(_ offset: Int, _ body: UnsafeRawBufferPointer) -> String {
        guard offset < body.count else { return "the end" }
        let byte = body[offset]
        guard (0x21..<0x7f).contains(byte) else { return "the byte 0x" + String(byte, radix: 16) }
        return "'\(Character(UnicodeScalar(byte)))'"
    }
}
