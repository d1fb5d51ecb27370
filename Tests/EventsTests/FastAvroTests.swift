import Events
import Foundation
import TestSupport
import Testing

@Suite struct FastAvroTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func fastavroReadsTheSameValuesFromEveryExample() throws {
        var values: [(type: EventType, value: [UInt8], json: String?)] = []
        for type in Examples.types {
            let json = Examples.event(type)
            for value in try fixture.encode(json).values { values.append((type, value, json)) }
        }
        let sparse = Examples.event(.qualitySample, own: #""title_id":"t1","buffer_ms":1,"throughput_kbps":2,"bitrate_kbps":3"#)
        for value in try fixture.encode(sparse).values { values.append((.qualitySample, value, sparse)) }
        let ratings = ["0.5", "3.7", "4.999999999999999", "1.2345678901234567890", "5e0", "50e-1", "0.00000000000000000000005e23", "3"]
        for rating in ratings {
            let json = Examples.event(.titleRated, own: "\"title_id\":\"t1\",\"rating\":\(rating)")
            for value in try fixture.encode(json).values { values.append((.titleRated, value, json)) }
        }
        #expect(values.count == Examples.types.count + 1 + ratings.count)
        try FastAvro.check(values, schemas: fixture.schemas)
    }

    /// Whatever is done to a body: no crash, no bytes that fastavro or our decoder cannot read, and the judgement of Python's `json`
    /// of what is JSON.
    @Test func mutatedBodiesAreRefusedOrSound() throws {
        var random = SplitMix64(seed: 7)
        var encoder = fixture.encoder()
        let decoder = fixture.decoder()
        var output = EncodedEvents()
        var values: [(type: EventType, value: [UInt8], json: String?)] = []
        var bodies: [(body: [UInt8], isJSON: Bool)] = []
        let sources = Examples.types.map { Array(Examples.event($0).utf8) }
        for _ in 0..<30_000 {
            var body = sources.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...2, using: &random) { Mutation.apply(to: &body, &random) }
            do {
                try body.withUnsafeBytes { try encoder.encode($0, format: .json, now: Fixture.now, into: &output) }
                bodies.append((body, true))
            } catch let error as BodyError {
                #expect((0...body.count).contains(error.offset))
                if error.code != .empty { bodies.append((body, false)) }
            }
            for value in output.values {
                let (result, event) = decoder.decode(value)
                #expect(result == .event, "\(String(decoding: body, as: UTF8.self))")
                values.append((event.type, value, nil))
            }
        }
        #expect(values.count > 1000)
        try FastAvro.check(values, schemas: fixture.schemas)
        try checkAgainstPython(bodies)
    }

    private func checkAgainstPython(_ bodies: [(body: [UInt8], isJSON: Bool)]) throws {
        let script = #"""
            import base64, json, sys
            def refuse(word): raise ValueError(word)
            for number, row in enumerate(json.load(sys.stdin)):
                try:
                    json.loads(base64.b64decode(row[0]).decode("utf-8"), parse_constant=refuse)
                    is_json = True
                except ValueError:
                    is_json = False
                if is_json != row[1]: print(number, row, is_json)
            """#
        let input = try JSONSerialization.data(withJSONObject: bodies.map { [Data($0.body).base64EncodedString(), $0.isJSON] as [Any] })
        let run = try ChildProcess.run(ChildProcess.python, ["-c", script], input: input)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "")
    }
}

/// Ways to spoil a body.
enum Mutation {
    private static let pieces: [[UInt8]] = [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u", "\\ud83c", "\\udf0a", "null", "true", "-", "0", "1e9", ".5", "\n", "\u{0}", "é",
        "🌊",
        "\"event_type\":\"seek\"", "\"title_id\":\"t9\",", "9999999999999999999", "{\"a\":[1,{}]}", " ", "\t",
    ].map { Array($0.utf8) }

    static func apply(to body: inout [UInt8], _ random: inout SplitMix64) {
        guard !body.isEmpty else { return }
        let place = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: body[place] = UInt8.random(in: 0...255, using: &random)
        case 1: body.remove(at: place)
        case 2: body.removeLast(body.count - place)
        case 3: body.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: place)
        case 4:
            let end = min(body.count, place + Int.random(in: 1...30, using: &random))
            body.insert(contentsOf: Array(body[place..<end]), at: Int.random(in: 0..<body.count, using: &random))
        case 5: body[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &random)
        default: body[place] = UInt8.random(in: 0x20...0x7e, using: &random)
        }
    }
}
