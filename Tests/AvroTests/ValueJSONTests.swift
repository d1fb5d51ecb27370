import Foundation
import TestSupport
import Testing

@testable import Avro

@Suite struct ValueJSONTests {
    @Test func showsValuesPlainly() throws {
        let schema = try ParsedSchema(
            json: """
                {"type":"record","name":"R","fields":[
                  {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
                  {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
                  {"name":"u","type":["null","string"]},
                  {"name":"b","type":"bytes"},
                  {"name":"d","type":{"type":"array","items":"double"}},
                  {"name":"m","type":{"type":"map","values":"boolean"}}]}
                """)
        let value = Value.record([
            .long(1_700_000_000_000), .enumeration(1), .union(1, .string("a\"\u{1}é")), .bytes([0x41, 0xff, 0x80]),
            .array([.double(1.5), .double(.infinity)]), .map(["z": .boolean(true), "a": .boolean(false)]),
        ])
        let expected =
            #"{"at":1700000000000,"e":"B","u":"a\"\u0001é","b":"Aÿ\u0080","d":[1.5,"Infinity"],"m":{"a":false,"z":true}}"#
        #expect(value.json(as: schema) == expected)
    }

    @Test func isAlwaysJSON() throws {
        var random = SplitMix64(seed: 10)
        for _ in 0..<200 {
            let schema = try ParsedSchema(json: RandomSchema(using: &random).json(using: &random))
            let json = RandomValue.make(schema, using: &random).json(as: schema)
            _ = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        }
    }
}
