import Avro
import Events
import Foundation
import TestSupport
import Testing

/// Decoding what other producers wrote, with other schemas than ours.
@Suite struct DecoderTests {
    let fixture: Fixture
    private static let writerID: Int32 = 500

    init() throws { fixture = try Fixture() }

    private static let common: [(String, String, Value)] = [
        ("event_id", #""string""#, .string(Examples.id)), ("event_type", #""string""#, .string("play_stop")),
        ("user_id", #""string""#, .string("u1")), ("device_id", #""string""#, .string("tv")), ("session_id", #""string""#, .string("s1")),
        ("timestamp", #"{"type":"long","logicalType":"timestamp-millis"}"#, .long(Fixture.now)), ("region", #""string""#, .string("SEA")),
    ]

    /// Writes the fields (name, type, value) as a record and decodes them.
    private func decode(
        _ fields: [(String, String, Value)], record: String = "recs.events.play_stop", common: [(String, String, Value)] = common
    ) throws -> (result: DecodeResult, event: Event, bytes: [UInt8], reason: String?) {
        let all = common + fields
        let json = all.map { "{\"name\":\"\($0.0)\",\"type\":\($0.1)}" }.joined(separator: ",")
        let schema = try ParsedSchema(json: "{\"type\":\"record\",\"name\":\"\(record)\",\"fields\":[\(json)]}")
        var bytes: [UInt8] = [0, 0, 0, 1, 0xf4]
        try Value.record(all.map(\.2)).encode(as: schema, into: &bytes)
        var decoder = fixture.decoder()
        decoder.register(Self.writerID, writer: schema)
        #expect(decoder.knows(Self.writerID))
        let (result, event) = decoder.decode(bytes)
        return (result, event, bytes, decoder.incompatibility(of: Self.writerID))
    }

    private static let stop: [(String, String, Value)] = [
        ("title_id", #""string""#, .string("t1")), ("position_ms", #""long""#, .long(7)), ("watched_ms", #""long""#, .long(8)),
        ("duration_ms", #"["null","long"]"#, .union(1, .long(9))),
    ]

    @Test func fieldsInAnotherOrderAreFound() throws {
        let (result, event, bytes, _) = try decode(Self.common + Self.stop.reversed(), common: [])
        #expect(result == .event)
        #expect(bytes.text(event.title) == "t1" && event.positionMilliseconds == 7 && event.watchedMilliseconds == 8)
        #expect(event.durationMilliseconds == 9)
        let (again, _, _, _) = try decode((Self.common + Self.stop).shuffled(), common: [])
        #expect(again == .event)
    }

    @Test func addedFieldsArePassedOver() throws {
        let tree =
            #"{"type":"record","name":"Node","fields":[{"name":"a","type":"float"},{"name":"b","type":{"type":"map","values":["null","double"]}}]}"#
        let added: [(String, String, Value)] = [
            ("nothing", #""null""#, .null), ("flag", #""boolean""#, .boolean(true)), ("count", #""int""#, .int(-5)),
            ("blob", #""bytes""#, .bytes([1, 2])),
            ("hash", #"{"type":"fixed","name":"H","size":3}"#, .fixed([1, 2, 3])),
            ("kind", #"{"type":"enum","name":"K","symbols":["A","B"]}"#, .enumeration(1)),
            (
                "nodes", "{\"type\":\"array\",\"items\":\(tree)}",
                .array([
                    .record([.float(1), .map(["x": .union(0, .null), "y": .union(1, .double(2))])]), .record([.float(2), .map([:])]),
                ])
            ),
            ("second", #""H""#, .fixed([4, 5, 6])),
            ("either", #"["string",{"type":"array","items":"null"}]"#, .union(1, .array([.null, .null]))),
        ]
        for place in 0...Self.stop.count {
            var fields = Self.stop
            fields.insert(contentsOf: added, at: place)
            let (result, event, bytes, reason) = try decode(fields)
            #expect(result == .event, "\(reason ?? "")")
            #expect(bytes.text(event.title) == "t1" && event.durationMilliseconds == 9)
        }
    }

    @Test func removedFieldsTakeOurDefaults() throws {
        let (result, event, _, _) = try decode(Array(Self.stop.dropLast()))
        #expect(result == .event && event.durationMilliseconds == Event.absent)
        let start = try decode([Self.stop[0]], record: "play_start")
        #expect(start.result == .event && start.event.type == .playStart && start.event.positionMilliseconds == 0)
    }

    @Test func aRemovedFieldWithoutDefaultIsIncompatible() throws {
        let (result, _, _, reason) = try decode(Array(Self.stop.dropFirst()))
        #expect(result == .undecodable(.incompatibleSchema))
        #expect(reason == "the field title_id is missing and has no default")
    }

    @Test func narrowerTypesArePromoted() throws {
        var (result, event, bytes, _) = try decode([
            ("title_id", #""bytes""#, .bytes(Array("t1".utf8))), ("position_ms", #""int""#, .int(7)),
            ("watched_ms", #"["int","null"]"#, .union(0, .int(8))),
            ("duration_ms", #""int""#, .int(9)),
        ])
        #expect(result == .event && bytes.text(event.title) == "t1")
        #expect(event.positionMilliseconds == 7 && event.watchedMilliseconds == 8 && event.durationMilliseconds == 9)
        for (type, value) in [("int", Value.int(4)), ("long", .long(4)), ("float", .float(4)), ("double", .double(4))] {
            (result, event, bytes, _) = try decode([Self.stop[0], ("rating", "\"\(type)\"", value)], record: "title_rated")
            #expect(result == .event && event.value == 4, "\(type)")
        }
    }

    @Test func otherTypesAreIncompatible() throws {
        for (name, type, value) in [
            ("position_ms", "string", Value.string("7")), ("position_ms", "double", .double(7)), ("title_id", "long", .long(1)),
            ("watched_ms", "null", .null),
        ] {
            let fields = Self.stop.map { $0.0 == name ? (name, "\"\(type)\"", value) : $0 }
            let (result, _, _, reason) = try decode(fields)
            #expect(result == .undecodable(.incompatibleSchema) && reason?.contains(name) == true)
        }
    }

    @Test func aUnionDecidesByItsBranch() throws {
        let type = #"["null","long","string"]"#
        for (value, expected) in [
            (Value.union(0, .null), DecodeResult.undecodable(.unexpectedBranch)), (.union(1, .long(7)), .event),
            (.union(2, .string("7")), .undecodable(.unexpectedBranch)),
        ] {
            let fields = Self.stop.map { $0.0 == "position_ms" ? ("position_ms", type, value) : $0 }
            let (result, event, _, _) = try decode(fields)
            #expect(result == expected)
            if expected == .event { #expect(event.positionMilliseconds == 7) }
        }
    }

    @Test func microsecondsAreReadAsTheMillisecondsTheyMean() throws {
        var common = Self.common
        common[5] = ("timestamp", #"{"type":"long","logicalType":"timestamp-micros"}"#, .long(Fixture.now * 1000 + 999))
        let (result, event, _, _) = try decode(Self.stop, common: common)
        #expect(result == .event && event.timestamp == Fixture.now)
    }

    @Test func theTypeFieldTellsTheTypeOfARecordOfAnotherName() throws {
        let (result, event, _, _) = try decode(Self.stop, record: "com.example.PlayEvent")
        #expect(result == .event && event.type == .playStop && event.watchedMilliseconds == 8)
        var common = Self.common
        common[1].2 = .string("play_halt")
        #expect(try decode(Self.stop, record: "PlayEvent", common: common).result == .undecodable(.unknownEventType))
        common[1].2 = .string("title_rated")
        #expect(try decode(Self.stop, record: "PlayEvent", common: common).result == .undecodable(.incompatibleSchema))
        #expect(try decode([], record: "PlayEvent", common: []).result == .undecodable(.incompatibleSchema))
    }

    @Test func recursiveWritersAreUndecodableWithAReason() throws {
        let node = #"{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}]}"#
        let (result, _, _, reason) = try decode(Self.stop + [("node", node, .record([.union(0, .null)]))])
        #expect(result == .undecodable(.incompatibleSchema))
        #expect(reason == "the type recs.events.Node contains itself")
    }

    @Test func schemasThatUnfoldWithoutEndAreRefused() throws {
        var types = #"{"type":"record","name":"R0","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#
        for level in 1...14 {
            types =
                "{\"type\":\"record\",\"name\":\"R\(level)\",\"fields\":[{\"name\":\"a\",\"type\":\(types)},{\"name\":\"b\",\"type\":\"R\(level - 1)\"}]}"
        }
        var decoder = EventDecoder(schemas: fixture.schemas)
        decoder.register(
            1, writer: try ParsedSchema(json: "{\"type\":\"record\",\"name\":\"seek\",\"fields\":[{\"name\":\"x\",\"type\":\(types)}]}"))
        #expect(decoder.incompatibility(of: 1)?.contains("4096") == true)
        decoder.register(2, writer: try ParsedSchema(json: #""string""#))
        #expect(decoder.incompatibility(of: 2) == "the schema is no record")
    }

    /// Fifteen levels of ten empty fields each: 10^15 types, and not a byte.
    @Test(.timeLimit(.minutes(1))) func aSchemaOfNothingButLevelsIsRefused() throws {
        var type = #"{"type":"record","name":"L0","fields":[]}"#
        for level in 1...15 {
            let rest = (1..<10).map { "{\"name\":\"f\($0)\",\"type\":\"L\(level - 1)\"}" }.joined(separator: ",")
            type = "{\"type\":\"record\",\"name\":\"L\(level)\",\"fields\":[{\"name\":\"f0\",\"type\":\(type)},\(rest)]}"
        }
        var decoder = EventDecoder(schemas: fixture.schemas)
        let writer = "{\"type\":\"record\",\"name\":\"seek\",\"fields\":[{\"name\":\"x\",\"type\":\(type)}]}"
        decoder.register(3, writer: try ParsedSchema(json: writer))
        #expect(decoder.incompatibility(of: 3)?.contains("4096") == true)
    }

    @Test func foreignBytesAreUndecodable() throws {
        let decoder = fixture.decoder()
        for bytes in [[], [0], [0, 0, 0, 1], [1, 0, 0, 0, 1, 0], Array("{\"a\":1}".utf8)] as [[UInt8]] {
            #expect(decoder.decode(bytes).result == .undecodable(.foreignFormat))
        }
        #expect(decoder.decode([0, 0, 1, 0, 0, 9]).result == .unknownSchema(65_536))
    }

    @Test func valuesBeyondTheirBoundsAreUndecodable() throws {
        func result(_ name: String, _ value: Value) throws -> DecodeResult {
            let common = Self.common.map { $0.0 == name ? ($0.0, $0.1, value) : $0 }
            return try decode(Self.stop.map { $0.0 == name ? ($0.0, $0.1, value) : $0 }, common: common).result
        }
        #expect(try result("position_ms", .long(-1)) == .undecodable(.outOfRange))
        #expect(try result("position_ms", .long(.max)) == .undecodable(.outOfRange))
        #expect(try result("duration_ms", .union(1, .long(.min))) == .undecodable(.outOfRange))
        #expect(try result("timestamp", .long(0)) == .undecodable(.outOfRange))
        #expect(try result("title_id", .string("")) == .undecodable(.textLength))
        #expect(try result("user_id", .string(String(repeating: "u", count: 257))) == .undecodable(.textLength))
        #expect(try result("event_id", .string("1")) == .undecodable(.invalidEventID))
        let invalid = [("title_id", #""bytes""#, Value.bytes([0x74, 0xff]))] + Self.stop.dropFirst()
        #expect(try decode(invalid).result == .undecodable(.invalidUTF8))
    }

    @Test func spoiledValuesNeverCrash() throws {
        var random = SplitMix64(seed: 11)
        let decoder = fixture.decoder()
        let values = try Examples.types.flatMap { try fixture.encode(Examples.event($0)).values }
        var refusedCount = 0
        for _ in 0..<20_000 {
            var value = values.randomElement(using: &random) ?? []
            Mutation.apply(to: &value, &random)
            let (result, event) = decoder.decode(value)
            if result != .event { refusedCount += 1 }
            if result == .event {
                for slice in [event.user, event.device, event.session, event.title, event.text, event.detail, event.artwork, event.row] {
                    #expect(slice.range.upperBound <= value.count)
                    #expect(String(validating: value[slice.range], as: UTF8.self) != nil)
                }
            }
        }
        #expect(refusedCount > 1000)
        for value in values {
            for count in 0..<value.count { #expect(decoder.decode(Array(value[..<count])).result != .event) }
            #expect(decoder.decode(value + [0]).result == .undecodable(.malformedAvro))
        }
    }

    @Test func hugeCountsInSkippedListsEnd() throws {
        let schema = try ParsedSchema(
            json:
                #"{"type":"record","name":"Other","fields":[{"name":"n","type":{"type":"array","items":"null"}},{"name":"event_type","type":"string"}]}"#
        )
        var decoder = EventDecoder(schemas: fixture.schemas)
        decoder.register(9, writer: schema)
        var value: [UInt8] = [0, 0, 0, 0, 9]
        for count in [Int64.max, Int64.max - 1, 0] { AvroWriter.long(count, into: &value) }
        AvroWriter.string("seek", into: &value)
        #expect(decoder.decode(value).result == .undecodable(.incompatibleSchema))
    }
}
