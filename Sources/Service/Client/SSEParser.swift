/// One server-sent event.
package struct ServerSentEvent: Sendable, Equatable {
    /// The last `id` that the stream gave, of this event or one before; empty where there was none.
    package var id: String
    /// `message` where the stream named no other.
    package var event: String
    package var data: String

    package init(id: String, event: String, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}

/// Parses `text/event-stream` (WHATWG HTML §9.2.6), however the bytes are cut into parts.
package struct SSEParser: Sendable {
    /// A line, and an event's data, may be this long; longer ones are an error.
    package static let byteCountMax = 1 << 20

    /// What to send as `Last-Event-ID` to go on after the events parsed.
    package private(set) var lastEventID = ""
    /// Milliseconds to wait before connecting again, where the stream told.
    package private(set) var retryMilliseconds: Int?
    private var line: [UInt8] = []
    private var event = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var follows = false
    private var isFirstLine = true

    package init() {}

    /// The events that the bytes complete.
    package mutating func parse(_ bytes: some Sequence<UInt8>) throws(ClientError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            // A line feed right after a carriage return belongs to the same line end.
            let isSecondHalf = follows && byte == UInt8(ascii: "\n")
            follows = byte == UInt8(ascii: "\r")
            if isSecondHalf { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                endLine(&events)
            } else {
                line.append(byte)
            }
            if line.count > SSEParser.byteCountMax || data.count > SSEParser.byteCountMax {
                throw ClientError(.invalid, "the event stream sent more than \(SSEParser.byteCountMax) bytes in one event")
            }
        }
        return events
    }

    private mutating func endLine(_ events: inout [ServerSentEvent]) {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        }
        if line.isEmpty { return dispatch(&events) }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        take(field: String(decoding: line[..<colon], as: UTF8.self), value: value)
    }

    private mutating func take(field: String, value: ArraySlice<UInt8>) {
        switch field {
        case "event": event = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(UInt8(ascii: "\n")) }
            hasData = true
            data += value
        case "id" where !value.contains(0): lastEventID = String(decoding: value, as: UTF8.self)
        case "retry":
            if !value.isEmpty, value.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
                retryMilliseconds = Int(String(decoding: value, as: UTF8.self))
            }
        default: break
        }
    }

    private mutating func dispatch(_ events: inout [ServerSentEvent]) {
        if hasData {
            events.append(
                ServerSentEvent(id: lastEventID, event: event.isEmpty ? "message" : event, data: String(decoding: data, as: UTF8.self)))
        }
        event = ""
        data.removeAll(keepingCapacity: true)
        hasData = false
    }
}
