import Foundation
import Service
import TestSupport
import Testing

/// What is written is what Foundation reads.
@Suite struct JSONWriterTests {
    /// A random value, and the same as Foundation has it after reading.
    private indirect enum Value {
        case text(String)
        case integer(Int64)
        case number(Double)
        case flag(Bool)
        case nothing
        case list([Value])
        case object([(name: String, value: Value)])

        init(depth: Int, using random: inout SplitMix64) {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
            case 0: self = .text(Value.text(using: &random))
            case 1: self = .integer(.random(in: -(1 << 53)...(1 << 53), using: &random))
            case 2: self = .number(Double(Int64.random(in: -(1 << 40)...(1 << 40), using: &random)) / 1_000_000)
            case 3: self = .flag(.random(using: &random))
            case 4: self = .nothing
            case 5, 6:
                self = .list((0..<Int.random(in: 0...4, using: &random)).map { _ in Value(depth: depth - 1, using: &random) })
            default:
                let count = Int.random(in: 0...4, using: &random)
                self = .object((0..<count).map { ("\($0)" + Value.text(using: &random), Value(depth: depth - 1, using: &random)) })
            }
        }

        static func text(using random: inout SplitMix64) -> String {
            let alphabet = Array("ab\"\\/\n\r\t\u{0}\u{1}\u{1f}\u{7f}é漢🎬\u{2028} ")
            return String((0..<Int.random(in: 0...40, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
        }

        func write(to json: inout JSONWriter) {
            switch self {
            case .text(let text): json.string(text)
            case .integer(let value): json.integer(value)
            case .number(let value): json.number(value)
            case .flag(let value): json.raw(value ? "true" : "false")
            case .nothing: json.null()
            case .list(let values): json.array(values) { $1.write(to: &$0) }
            case .object(let members):
                json.object { json in
                    for member in members {
                        json.member(named: member.name)
                        member.value.write(to: &json)
                    }
                }
            }
        }

        func matches(_ found: Any?) -> Bool {
            switch self {
            case .text(let text): found as? String == text
            case .integer(let value): (found as? NSNumber)?.int64Value == value
            case .number(let value): abs(((found as? NSNumber)?.doubleValue ?? .nan) - value) < 1e-6
            case .flag(let value): found as? Bool == value
            case .nothing: found is NSNull
            case .list(let values):
                (found as? [Any]).map { found in found.count == values.count && zip(values, found).allSatisfy { $0.matches($1) } } ?? false
            case .object(let members):
                (found as? [String: Any]).map { found in
                    found.count == members.count && members.allSatisfy { $0.value.matches(found[$0.name]) }
                } ?? false
            }
        }
    }

    @Test func foundationReadsWhatWasWritten() throws {
        var random = SplitMix64(seed: 2)
        for _ in 0..<1500 {
            let value = Value.object([("v", Value(depth: 4, using: &random)), ("w", Value(depth: 2, using: &random))])
            var json = JSONWriter()
            value.write(to: &json)
            let bytes = try bytes(of: json)
            let found = try JSONSerialization.jsonObject(with: bytes)
            #expect(value.matches(found), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    /// A text is written in pieces, which end anywhere.
    @Test func longTextsAreWhole() throws {
        for length in 1010...1030 {
            let text = String(repeating: "x", count: length) + String(repeating: "漢\"é\n🎬\\", count: 200)
            var json = JSONWriter()
            json.array([text]) { $0.string($1) }
            #expect(try JSONSerialization.jsonObject(with: bytes(of: json)) as? [String] == [text])
        }
    }

    @Test func numbersAreShortAndExactToAMillionth() throws {
        let cases: [(Double, String)] = [
            (0, "0"), (-0.0, "0"), (1.5, "1.5"), (-0.25, "-0.25"), (0.000001, "0.000001"), (1e-9, "0"), (123_456.789, "123456.789"),
            (0.1 + 0.2, "0.3"), (-1, "-1"), (.nan, "null"), (.infinity, "null"), (1e300, "1e+300"),
            (-1e-9, "0"), (0.0000005, "0"), (0.0000015, "0.000002"), (1_999_999_999.5, "1999999999.5"), (-3e9, "-3000000000"),
            (4_499_999_999.999, "4499999999.999"), (2.5e10, "25000000000.0"),
        ]
        for (value, expected) in cases {
            var json = JSONWriter()
            json.number(value)
            #expect(try String(decoding: bytes(of: json), as: UTF8.self) == expected)
        }
    }

    /// Whole millionths come out digit by digit, as printf writes them.
    @Test func millionthsAreWrittenDigitByDigit() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            let bound = Int64(1) << Int64.random(in: 0...50, using: &random)
            let value = Double(Int64.random(in: -bound...bound, using: &random)) / 1_000_000
            var expected = String(format: "%.6f", value)
            while expected.hasSuffix("0") { expected.removeLast() }
            if expected.hasSuffix(".") { expected.removeLast() }
            var json = JSONWriter()
            json.number(value)
            #expect(try String(decoding: bytes(of: json), as: UTF8.self) == (expected == "-0" ? "0" : expected))
        }
    }

    @Test func commasStandBetweenMembersOnly() throws {
        var json = JSONWriter()
        json.object { json in
            json.member("a", 1)
            json.member("b", nil)
            json.member("c", true)
            json.member("d")
            json.array([[1, 2], []]) { json, numbers in json.array(numbers) { $0.integer($1) } }
            json.member("e", "x")
        }
        #expect(try String(decoding: bytes(of: json), as: UTF8.self) == #"{"a":1,"b":null,"c":true,"d":[[1,2],[]],"e":"x"}"#)
    }

    /// A byte buffer's own coding is base64, as `Data`'s is.
    private func bytes(of json: JSONWriter) throws -> Data {
        try #require(try JSONDecoder().decode([Data].self, from: JSONEncoder().encode([json.buffer])).first)
    }
}
