import Events
import Foundation
import TestSupport
import Testing

/// Bodies that are no JSON are refused as a whole, with the place of the fault.
@Suite struct RefusedBodyTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func fault(_ body: String) -> String? { fault(Array(body.utf8)) }

    private func fault(_ body: [UInt8]) -> String? { fixture.bodyError(body).map { "\($0.code.rawValue) \($0.offset)" } }

    @Test func malformedJSONIsRefusedWithItsOffset() {
        for (body, expected) in [
            ("{\"a\":1,}", "malformed_json 7"), ("{a:1}", "malformed_json 1"), ("{\"a\" 1}", "malformed_json 5"),
            ("{\"a\":01}", "malformed_json 6"),
            ("{\"a\":1}}", "malformed_json 7"), ("{}{}", "malformed_json 2"), ("{\"a\":.5}", "malformed_json 5"),
            ("{\"a\":1.}", "malformed_json 7"),
            ("{\"a\":1e}", "malformed_json 7"), ("{\"a\":+1}", "malformed_json 5"), ("{\"a\":'b'}", "malformed_json 5"),
            ("{\"a\":tru}", "malformed_json 8"), ("{\"a\":\"\n\"}", "malformed_json 6"), ("{\"a\":\"\\x\"}", "malformed_json 7"),
            ("{\"a\":\"\\u12g4\"}", "malformed_json 10"), ("[1 2]", "malformed_json 3"), ("[1,]", "malformed_json 3"),
            ("[{]", "malformed_json 2"),
            ("{\"a\":[1}]", "malformed_json 7"), ("{\"a\":[{\"b\":1],2]}", "malformed_json 12"), ("/*c*/{}", "malformed_json 0"),
            ("\u{feff}{}", "malformed_json 0"),
        ] {
            #expect(fault(body) == expected, "\(body)")
        }
    }

    @Test func numbersThatJSONLacksAreMalformed() {
        for word in ["NaN", "Infinity", "-Infinity", "nan", "0x10"] {
            let body = Examples.event(.titleRated, own: "\"title_id\":\"t1\",\"rating\":\(word)")
            let place = body.utf8.count - word.utf8.count - 1
            #expect(fixture.bodyError(Array(body.utf8))?.code == .malformedJSON)
            #expect(fixture.bodyError(Array(body.utf8))?.offset ?? 0 >= place, "\(word)")
        }
    }

    @Test func truncatedBodiesSaySoAtEveryCut() throws {
        let body = Array("[\(Examples.event(.searchQuery)),\(Examples.event(.qualitySample))]".utf8)
        for count in 1..<body.count {
            let error = fixture.bodyError(Array(body[..<count]))
            if error?.code == .invalidUTF8 { continue }
            #expect(error?.code == .truncated, "\(count)")
            #expect(error?.offset == count)
        }
        #expect(fixture.bodyError(body) == nil)
    }

    @Test func emptyBodiesAreRefused() {
        for format in [BodyFormat.json, .ndjson] {
            for body in ["", " \r\n\t", "\n\n"] { #expect(fixture.bodyError(Array(body.utf8), format)?.code == .empty, "\(body)") }
        }
        for body in ["[]", " [ \n] "] { #expect(fault(body) == "empty \(body.utf8.count)", "\(body)") }
        #expect(fault("[]x") == "malformed_json 2" && fault("[") == "truncated 1")
    }

    @Test func invalidUTF8IsRefusedWithItsOffset() {
        let sequences: [[UInt8]] = [
            [0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x8c],
        ]
        for bytes in sequences {
            let head = Array("{\"user_id\":\"abcdefghij".utf8)
            #expect(fault(head + bytes + Array("\"}".utf8)) == "invalid_utf8 \(head.count)", "\(bytes)")
            #expect(fault(bytes + Array("{}".utf8)) == "invalid_utf8 0", "\(bytes)")
        }
    }

    @Test func deepNestingIsRefusedWithoutRecursion() {
        for open in ["[", "{\"a\":"] {
            for count in [65, 10_000, 1_000_000] {
                let body = String(repeating: open, count: count)
                #expect(fixture.bodyError(Array(body.utf8))?.code == .tooDeep, "\(open) \(count)")
            }
        }
        let deepest = "{\"a\":" + String(repeating: "[", count: 63) + String(repeating: "]", count: 63) + "}"
        #expect(fault(deepest) == nil)
        #expect(fault("[\(deepest)]") == "too_deep 68")
    }

    @Test func eventsOfABodyAreBounded() {
        var limits = GatewayLimits()
        limits.eventCountMax = 3
        #expect(throws: BodyError.self) { try fixture.encode(Array("[1,2,3,4]".utf8), limits: limits) }
        #expect(throws: BodyError.self) { try fixture.encode(Array("1\n2\n3\n4".utf8), .ndjson, limits: limits) }
        #expect(throws: Never.self) { try fixture.encode(Array("[1,2,3]".utf8), limits: limits) }
    }

    @Test func aBrokenLineRefusesOnlyItself() throws {
        let good = Examples.event(.titleHidden)
        let body = "\(good)\n{\"event_id\":\n\(good) \(good)\n\(good)"
        let output = try fixture.encode(body, .ndjson)
        #expect(output.values == (try fixture.encode("[\(good),\(good)]").values))
        let problems = try fixture.problems(body, .ndjson)
        #expect(problems.map(\.count) == [0, 1, 1, 0])
        #expect(problems[1][0].path == "line 2: $" && problems[1][0].code == "truncated")
        #expect(problems[2][0].path == "line 3: $" && problems[2][0].code == "malformed_json")
        let offset = good.utf8.count * 2 + "\n{\"event_id\":\n ".utf8.count
        #expect(problems[2][0].found == "byte \(offset) of the body")
    }

    @Test func anErrorLeavesNothingInTheOutput() throws {
        var output = try fixture.encode(Examples.event(.seek))
        var encoder = fixture.encoder()
        let body = Array("[\(Examples.event(.seek)),{]".utf8)
        #expect(throws: BodyError.self) {
            try body.withUnsafeBytes { try encoder.encode($0, format: .json, now: Fixture.now, into: &output) }
        }
        #expect(output.bytes.isEmpty && output.verdicts.isEmpty)
    }
}
