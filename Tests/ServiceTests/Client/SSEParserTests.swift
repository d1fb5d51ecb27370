import Service
import TestSupport
import Testing

/// Streams and expectations of WHATWG HTML §9.2.6, "Interpreting an event stream".
@Suite struct SSEParserTests {
    private func parse(_ text: String) throws -> [ServerSentEvent] {
        var parser = SSEParser()
        return try parser.parse(text.utf8)
    }

    @Test func linesOfDataAreJoined() throws {
        #expect(try parse("data: YHOO\ndata: +2\ndata: 10\n\n") == [ServerSentEvent(id: "", event: "message", data: "YHOO\n+2\n10")])
    }

    @Test func commentsAndIDsFollowTheStandard() throws {
        let stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
        #expect(
            try parse(stream) == [
                ServerSentEvent(id: "1", event: "message", data: "first event"),
                ServerSentEvent(id: "", event: "message", data: "second event"),
                ServerSentEvent(id: "", event: "message", data: " third event"),
            ])
    }

    @Test func emptyDataIsAnEventAndAnUnfinishedOneIsNot() throws {
        #expect(
            try parse("data\n\ndata\ndata\n\ndata:") == [
                ServerSentEvent(id: "", event: "message", data: ""), ServerSentEvent(id: "", event: "message", data: "\n"),
            ])
    }

    @Test func eventNamesLastForOneEventAndIDsForAll() throws {
        var parser = SSEParser()
        let events = try parser.parse("event: signal\nid: 7-0\ndata: a\n\ndata: b\n\nretry: 1500\n\n".utf8)
        #expect(
            events == [ServerSentEvent(id: "7-0", event: "signal", data: "a"), ServerSentEvent(id: "7-0", event: "message", data: "b")])
        #expect(parser.lastEventID == "7-0")
        #expect(parser.retryMilliseconds == 1500)
    }

    @Test func anyCutAndAnyLineEndGiveTheSameEvents() throws {
        let stream = "\u{feff}id: 1\nevent: é\ndata: ü ✓\n\n:\ndata: x\ndata\n\n"
        let expected = try parse(stream)
        #expect(expected.count == 2)
        var random = SplitMix64(seed: 11)
        for lineEnd in ["\n", "\r", "\r\n"] {
            let bytes = Array(stream.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: lineEnd).utf8)
            for _ in 0..<50 {
                var parser = SSEParser()
                var events: [ServerSentEvent] = []
                var place = 0
                while place < bytes.count {
                    let end = min(bytes.count, place + Int.random(in: 1...6, using: &random))
                    events += try parser.parse(bytes[place..<end])
                    place = end
                }
                #expect(events == expected)
            }
        }
    }

    @Test func endlessLineIsAnError() {
        var parser = SSEParser()
        let error = #expect(throws: ClientError.self) {
            try parser.parse(repeatElement(UInt8(ascii: "x"), count: SSEParser.byteCountMax + 1))
        }
        #expect(error?.kind == .invalid)
    }
}
