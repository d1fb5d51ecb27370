import Testing

@testable import Avro

@Suite struct CompatibilityTests {
    private func record(_ fields: String...) throws -> ParsedSchema {
        try ParsedSchema(json: #"{"type":"record","name":"R","fields":[\#(fields.joined(separator: ","))]}"#)
    }

    private let a = #"{"name":"a","type":"int"}"#
    private let b = #"{"name":"b","type":"string"}"#
    private let bWithDefault = #"{"name":"b","type":"string","default":""}"#

    @Test func aNewFieldNeedsADefaultToReadOldData() throws {
        let old = try record(a)
        let problems = Compatibility.problems(reader: try record(a, b), writer: old)
        #expect(problems == [Incompatibility(path: "$.b", message: "the writer has no such field and the reader no default for it")])
        #expect(Compatibility.problems(reader: try record(a, bWithDefault), writer: old).isEmpty)
        #expect(Compatibility.problems(reader: old, writer: try record(a, b)).isEmpty)
    }

    @Test func everyBranchOfTheWriterMustBeReadable() throws {
        let union = try ParsedSchema(json: #"["null","int"]"#)
        let int = try ParsedSchema(json: #""int""#)
        #expect(Compatibility.problems(reader: int, writer: union).map(\.message) == ["null is written, which cannot be read as int"])
        #expect(Compatibility.problems(reader: union, writer: int).isEmpty)
        #expect(try Resolution(writer: union, reader: int).decode([2, 8]) == .int(4))
    }

    @Test func aLostSymbolNeedsADefault() throws {
        let old = try ParsedSchema(json: #"{"type":"enum","name":"E","symbols":["A","B"]}"#)
        let strict = try ParsedSchema(json: #"{"type":"enum","name":"E","symbols":["A"]}"#)
        let lenient = try ParsedSchema(json: #"{"type":"enum","name":"E","symbols":["A"],"default":"A"}"#)
        #expect(Compatibility.problems(reader: strict, writer: old).map(\.message) == ["the reader's E lacks B and has no default symbol"])
        #expect(Compatibility.problems(reader: lenient, writer: old).isEmpty)
        #expect(try Resolution(writer: old, reader: lenient).decode([2]) == .enumeration(0))
    }

    @Test func decimalsMustAgree() throws {
        let two = try ParsedSchema(json: #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#)
        let three = try ParsedSchema(json: #"{"type":"bytes","logicalType":"decimal","precision":9,"scale":3}"#)
        #expect(Compatibility.problems(reader: two, writer: three).count == 1)
        #expect(Compatibility.problems(reader: two, writer: two).isEmpty)
        #expect(throws: AvroError.self) { try Resolution(writer: two, reader: three) }
    }

    @Test func problemsOfRecursiveTypesAreListedOnce() throws {
        let writer = try ParsedSchema(json: #"{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}"#)
        let reader = try ParsedSchema(
            json: #"{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]},{"name":"x","type":"int"}]}"#)
        #expect(Compatibility.problems(reader: reader, writer: writer).map(\.path) == ["$.x"])
    }

    /// The table of Confluent's documentation, "Schema Evolution and Compatibility": which changes each level allows.
    @Test func levelsAllowTheChangesOfConfluentsTable() throws {
        let versions = [try record(a, b)]
        let changes: [(String, ParsedSchema, Set<Compatibility.Level>)] = [
            ("delete a field", try record(a), [.none, .backward, .backwardTransitive]),
            (
                "add a field without default", try record(a, b, #"{"name":"c","type":"int"}"#),
                [.none, .forward, .forwardTransitive]
            ),
            ("add an optional field", try record(a, b, #"{"name":"c","type":"int","default":0}"#), Set(Compatibility.Level.allCases)),
            ("change a type", try record(#"{"name":"a","type":"boolean"}"#, b), [.none]),
        ]
        for (change, candidate, allowed) in changes {
            for level in Compatibility.Level.allCases {
                let problems = Compatibility.problems(adding: candidate, to: versions, level: level)
                #expect(problems.isEmpty == allowed.contains(level), "\(change) at \(level.rawValue): \(problems)")
            }
        }
    }

    @Test func transitiveLevelsLookAtEveryVersion() throws {
        let versions = [try record(a), try record(a, bWithDefault)]
        let candidate = try record(a, b)
        #expect(Compatibility.problems(adding: candidate, to: versions, level: .backward).isEmpty)
        let problems = Compatibility.problems(adding: candidate, to: versions, level: .backwardTransitive)
        #expect(problems.count == 1)
        #expect(problems.first?.message.hasPrefix("cannot read version 1: ") == true)
        #expect(Compatibility.problems(adding: candidate, to: [], level: .fullTransitive).isEmpty)
    }
}
