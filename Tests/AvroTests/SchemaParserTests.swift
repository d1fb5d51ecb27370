import Testing

@testable import Avro

@Suite struct SchemaParserTests {
    private func schema(_ json: String) throws -> ParsedSchema { try ParsedSchema(json: json) }

    private func firstRecord(_ json: String) throws -> RecordSchema {
        guard case .record(let record) = try schema(json).root else { throw Fastavro.Failure(description: "no record") }
        return record
    }

    /// The error of a schema that must not parse.
    private func error(_ json: String) -> AvroError? {
        do throws(AvroError) {
            _ = try ParsedSchema(json: json)
            return nil
        } catch { return error }
    }

    /// The example of the specification, "Names".
    @Test func namesFollowTheSpecificationsExample() throws {
        let parsed = try schema(
            """
            {"type": "record", "name": "Example", "doc": "A simple name (attribute) and no namespace attribute: use the null namespace",
             "fields": [
               {"name": "inheritNull", "type": {"type": "enum", "name": "Simple", "symbols": ["a", "b"]}},
               {"name": "explicitNamespace", "type": {"type": "fixed", "name": "Simple", "namespace": "explicit", "size": 12}},
               {"name": "fullName", "type": {"type": "record", "name": "a.full.Name", "namespace": "ignored", "fields": [
                 {"name": "inheritNamespace", "type": {"type": "enum", "name": "Understanding", "symbols": ["d", "e"]}},
                 {"name": "again", "type": "Understanding"}]}}]}
            """)
        #expect(Set(parsed.names.keys) == ["Example", "Simple", "explicit.Simple", "a.full.Name", "a.full.Understanding"])
        guard case .record(let inner)? = parsed.names["a.full.Name"] else { throw Fastavro.Failure(description: "no record") }
        #expect(inner.fields[1].schema == .reference("a.full.Understanding"))
    }

    @Test func recursionIsAReference() throws {
        let parsed = try schema(#"{"type":"record","name":"n.List","fields":[{"name":"next","type":["null","List"]}]}"#)
        let list = RecordSchema(
            name: "n.List", aliases: [], doc: nil,
            fields: [Field(name: "next", aliases: [], doc: nil, schema: .union([.null, .reference("n.List")]), fallback: nil)])
        #expect(parsed.root == .record(list))
        #expect(parsed.names == ["n.List": .record(list)])
    }

    @Test func aliasesTakeTheNamespaceOfTheirType() throws {
        let record = try firstRecord(
            #"{"type":"record","name":"R","namespace":"n","aliases":["Old","m.Old"],"fields":[{"name":"a","aliases":["b"],"type":"int"}]}"#
        )
        #expect(record.aliases == ["n.Old", "m.Old"])
        #expect(record.fields[0].aliases == ["b"])
    }

    @Test func defaultsBecomeValues() throws {
        let record = try firstRecord(
            """
            {"type":"record","name":"R","fields":[
              {"name":"i","type":"int","default":-1},
              {"name":"d","type":"double","default":2},
              {"name":"b","type":"bytes","default":"\\u00ff\\u0000"},
              {"name":"x","type":{"type":"fixed","name":"X","size":2},"default":"ab"},
              {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"],"default":"A"},"default":"B"},
              {"name":"u","type":["null","string"],"default":null},
              {"name":"m","type":{"type":"map","values":{"type":"array","items":"long"}},"default":{"k":[1,2]}},
              {"name":"r","type":{"type":"record","name":"Inner","fields":[
                 {"name":"a","type":"string"},{"name":"b","type":"boolean","default":true}]},"default":{"a":"\\ud83c\\udfac"}},
              {"name":"none","type":"int"}]}
            """)
        #expect(
            record.fields.map(\.fallback) == [
                .int(-1), .double(2), .bytes([255, 0]), .fixed([97, 98]), .enumeration(1), .union(0, .null),
                .map(["k": .array([.long(1), .long(2)])]), .record([.string("🎬"), .boolean(true)]), nil,
            ])
    }

    @Test func logicalTypesAreKeptWhereTheyFit() throws {
        let fits: [(String, Schema)] = [
            (#"{"type":"long","logicalType":"timestamp-millis"}"#, .logical(.timestampMillis, .long)),
            (#"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, .logical(.decimal(precision: 4, scale: 2), .bytes)),
            (#"{"type":"int","logicalType":"timestamp-millis"}"#, .int),
            (#"{"type":"string","logicalType":"no-such"}"#, .string),
            (#"{"type":"bytes","logicalType":"decimal","precision":2,"scale":3}"#, .bytes),
            (#"{"type":"bytes","logicalType":"decimal"}"#, .bytes),
        ]
        for (json, expected) in fits { #expect(try schema(json).root == expected) }
        let absurd = #"{"type":"fixed","name":"D","size":9223372036854775807,"logicalType":"decimal","precision":10}"#
        #expect(throws: Never.self) { try schema(absurd) }
        let narrow = try schema(#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":10}"#)
        #expect(narrow.root == .fixed(FixedSchema(name: "D", aliases: [], size: 4)))
        let wide = try schema(#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9}"#)
        #expect(wide.root == .logical(.decimal(precision: 9, scale: 0), .fixed(FixedSchema(name: "D", aliases: [], size: 4))))
        #expect(wide.names["D"] == wide.root)
    }

    @Test(arguments: [
        (#"{"type":"record","name":"R","fields":[{"name":"a","type":"Nope"}]}"#, "$.fields[0].type"),
        (#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}"#, "$.fields[0].default"),
        (#"{"type":"record","name":"R","fields":[{"name":"a","type":["null","int"],"default":1}]}"#, "$.fields[0].default"),
        (
            #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"int"},"default":[1,2.5]}]}"#,
            "$.fields[0].default[1]"
        ),
        (#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":2147483648}]}"#, "$.fields[0].default"),
        (#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#, "$.fields[1].name"),
        (#"{"type":"record","name":"R","fields":[{"name":"a","type":"R","default":{}}]}"#, "$.fields[0].default"),
        (#"{"type":"record","name":"R"}"#, "$"),
        (#"{"type":"record","name":"9R","fields":[]}"#, "$.name"),
        (#"{"type":"record","name":"a..R","fields":[]}"#, "$.name"),
        (#"{"type":"record","name":"n.int","fields":[]}"#, "$.name"),
        (#"["null",["int"]]"#, "$[1]"),
        (#"["int",{"type":"int","logicalType":"date"}]"#, "$[1]"),
        (#"[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]"#, "$[1].name"),
        (#"{"type":"fixed","name":"F","size":-1}"#, "$.size"),
        (#"{"type":"enum","name":"E","symbols":["A","A"]}"#, "$.symbols[1]"),
        (#"{"type":"enum","name":"E","symbols":["A"],"default":"B"}"#, "$.default"),
        (#"{"type":"array"}"#, "$"),
        (#"{"items":"int"}"#, "$"),
        ("17", "$"),
        (#"{"type":"int","type":"int"}"#, "$"),
        (#""int" 1"#, "$"),
    ]) func errorsNameThePlace(_ json: String, _ path: String) {
        let found = error(json)
        #expect(found?.kind == .schema)
        #expect(found?.path == path, "\(String(describing: found))")
    }

    @Test func refusesDefaultsThatGrowWithoutBound() {
        let levels = (0..<40).map { level in
            let inner = level == 0 ? "\"int\"" : "\"L\(level - 1)\""
            let fallback = level == 0 ? "0" : "{}"
            return #"{"type":"record","name":"L\#(level)","fields":[{"name":"a","type":\#(inner),"default":\#(fallback)},"#
                + #"{"name":"b","type":\#(inner),"default":\#(fallback)}]}"#
        }
        #expect(error("[" + levels.joined(separator: ",") + "]")?.kind == .schema)
    }

    @Test func refusesJSONThatNestsWithoutEnd() {
        #expect(error(String(repeating: "[", count: 100_000))?.message.contains("nested") == true)
        #expect(error(String(repeating: #"{"type":"#, count: 100_000))?.message.contains("nested") == true)
    }
}
