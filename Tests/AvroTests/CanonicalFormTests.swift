import Testing

@testable import Avro

/// The vectors that Apache Avro publishes for all its implementations (share/test/data/schema-tests.txt).
@Suite struct CanonicalFormTests {
    struct Vector: Sendable {
        var input: String
        var canonical: String
        var fingerprint: Int64
    }

    private static let primitives: [Vector] = [
        Vector(input: "null", canonical: #""null""#, fingerprint: 7_195_948_357_588_979_594),
        Vector(input: "boolean", canonical: #""boolean""#, fingerprint: -6_970_731_678_124_411_036),
        Vector(input: "int", canonical: #""int""#, fingerprint: 8_247_732_601_305_521_295),
        Vector(input: "long", canonical: #""long""#, fingerprint: -3_434_872_931_120_570_953),
        Vector(input: "float", canonical: #""float""#, fingerprint: 5_583_340_709_985_441_680),
        Vector(input: "double", canonical: #""double""#, fingerprint: -8_181_574_048_448_539_266),
        Vector(input: "bytes", canonical: #""bytes""#, fingerprint: 5_746_618_253_357_095_269),
        Vector(input: "string", canonical: #""string""#, fingerprint: -8_142_146_995_180_207_161),
    ]

    private static let complex: [Vector] = [
        Vector(input: "[  ]", canonical: "[]", fingerprint: -1_241_056_759_729_112_623),
        Vector(input: #"[ "int"  ]"#, canonical: #"["int"]"#, fingerprint: -5_232_228_896_498_058_493),
        Vector(input: #"[ "int" , {"type":"boolean"} ]"#, canonical: #"["int","boolean"]"#, fingerprint: 5_392_556_393_470_105_090),
        Vector(
            input: #"{"fields":[], "type":"record", "name":"foo"}"#, canonical: #"{"name":"foo","type":"record","fields":[]}"#,
            fingerprint: -4_824_392_279_771_201_922),
        Vector(
            input: #"{"fields":[], "type":"record", "name":"foo", "namespace":"x.y"}"#,
            canonical: #"{"name":"x.y.foo","type":"record","fields":[]}"#, fingerprint: 5_916_914_534_497_305_771),
        Vector(
            input: #"{"fields":[], "type":"record", "name":"a.b.foo", "namespace":"x.y"}"#,
            canonical: #"{"name":"a.b.foo","type":"record","fields":[]}"#, fingerprint: -4_616_218_487_480_524_110),
        Vector(
            input: #"{"fields":[], "type":"record", "name":"foo", "doc":"foo", "aliases":["foo","bar"]}"#,
            canonical: #"{"name":"foo","type":"record","fields":[]}"#, fingerprint: -4_824_392_279_771_201_922),
        Vector(
            input: #"{"fields":[{"type":{"type":"boolean"}, "name":"f1"}], "type":"record", "name":"foo"}"#,
            canonical: #"{"name":"foo","type":"record","fields":[{"name":"f1","type":"boolean"}]}"#,
            fingerprint: 7_843_277_075_252_814_651),
        Vector(
            input: """
                { "fields":[{"type":"boolean", "aliases":[], "name":"f1", "default":true},
                            {"order":"descending","name":"f2","doc":"Hello","type":"int"}],
                  "type":"record", "name":"foo"
                }
                """,
            canonical: #"{"name":"foo","type":"record","fields":[{"name":"f1","type":"boolean"},{"name":"f2","type":"int"}]}"#,
            fingerprint: -4_860_222_112_080_293_046),
        Vector(
            input: #"{"type":"enum", "name":"foo", "symbols":["A1"]}"#, canonical: #"{"name":"foo","type":"enum","symbols":["A1"]}"#,
            fingerprint: -6_342_190_197_741_309_591),
        Vector(
            input: #"{"namespace":"x.y.z", "type":"enum", "name":"foo", "doc":"foo bar", "symbols":["A1", "A2"]}"#,
            canonical: #"{"name":"x.y.z.foo","type":"enum","symbols":["A1","A2"]}"#, fingerprint: -4_448_647_247_586_288_245),
        Vector(
            input: #"{"name":"foo","type":"fixed","size":15}"#, canonical: #"{"name":"foo","type":"fixed","size":15}"#,
            fingerprint: 1_756_455_273_707_447_556),
        Vector(
            input: #"{"namespace":"x.y.z", "type":"fixed", "name":"foo", "doc":"foo bar", "size":32}"#,
            canonical: #"{"name":"x.y.z.foo","type":"fixed","size":32}"#, fingerprint: -3_064_184_465_700_546_786),
        Vector(
            input: #"{ "items":{"type":"null"}, "type":"array"}"#, canonical: #"{"type":"array","items":"null"}"#,
            fingerprint: -589_620_603_366_471_059),
        Vector(
            input: #"{ "values":"string", "type":"map"}"#, canonical: #"{"type":"map","values":"string"}"#,
            fingerprint: -8_732_877_298_790_414_990),
        Vector(
            input: #"{"name":"PigValue","type":"record","fields":[{"name":"value", "type":["null", "int", "long", "PigValue"]}]}"#,
            canonical: #"{"name":"PigValue","type":"record","fields":[{"name":"value","type":["null","int","long","PigValue"]}]}"#,
            fingerprint: -1_759_257_747_318_642_341),
    ]

    @Test(arguments: primitives) func primitivesHaveThePublishedFormAndFingerprint(_ vector: Vector) throws {
        for json in ["\"\(vector.input)\"", #"{"type":"\#(vector.input)"}"#] {
            let schema = try ParsedSchema(json: json)
            #expect(schema.canonicalForm == vector.canonical)
            #expect(Int64(bitPattern: schema.fingerprint64) == vector.fingerprint)
        }
    }

    @Test(arguments: complex) func complexTypesHaveThePublishedFormAndFingerprint(_ vector: Vector) throws {
        let schema = try ParsedSchema(json: vector.input)
        #expect(schema.canonicalForm == vector.canonical)
        #expect(Int64(bitPattern: schema.fingerprint64) == vector.fingerprint)
    }

    @Test func ofLogicalTypesOnlyTheCarrierCounts() throws {
        #expect(try ParsedSchema(json: #"{"type":"long","logicalType":"timestamp-millis"}"#).canonicalForm == #""long""#)
    }
}
