import Testing

@testable import Avro

/// Single rules of resolution; `FastavroTests` checks the whole on random schemas.
@Suite struct ResolutionTests {
    private func resolved(_ value: Value, from writer: String, to reader: String) throws -> Value {
        let writer = try ParsedSchema(json: writer)
        let reader = try ParsedSchema(json: reader)
        let result = try Resolution(writer: writer, reader: reader).decode(try value.encoded(as: writer))
        _ = try result.encoded(as: reader)
        return result
    }

    @Test(arguments: [
        (Value.int(7), "int", Value.long(7), "long"), (.int(7), "int", .float(7), "float"), (.int(7), "int", .double(7), "double"),
        (.long(-8), "long", .float(-8), "float"), (.long(-8), "long", .double(-8), "double"),
        (.float(0.5), "float", .double(0.5), "double"),
        (.string("é"), "string", .bytes([0xc3, 0xa9]), "bytes"), (.bytes([0x61]), "bytes", .string("a"), "string"),
    ]) func numbersAndTextArePromoted(_ value: Value, _ writer: String, _ expected: Value, _ reader: String) throws {
        #expect(try resolved(value, from: "\"\(writer)\"", to: "\"\(reader)\"") == expected)
    }

    @Test(arguments: [("long", "int"), ("double", "float"), ("float", "long"), ("boolean", "int"), ("string", "int"), ("null", "string")])
    func nothingIsDemoted(_ writer: String, _ reader: String) throws {
        let writer = try ParsedSchema(json: "\"\(writer)\"")
        let reader = try ParsedSchema(json: "\"\(reader)\"")
        #expect(throws: AvroError.self) { try Resolution(writer: writer, reader: reader) }
    }

    @Test func theBranchOfTheSameTypeComesBeforeAPromotion() throws {
        #expect(try resolved(.long(5), from: #""long""#, to: #"["double","long"]"#) == .union(1, .long(5)))
        #expect(try resolved(.int(5), from: #""int""#, to: #"["double","long"]"#) == .union(0, .double(5)))
        #expect(try resolved(.union(1, .long(5)), from: #"["double","long"]"#, to: #"["double","long"]"#) == .union(1, .long(5)))
    }

    @Test func aliasesOfTypesAndFieldsAreFollowed() throws {
        let writer = #"{"type":"record","name":"n.Old","fields":[{"name":"x","type":"int"},{"name":"gone","type":"string"}]}"#
        let reader = """
            {"type":"record","name":"New","namespace":"n","aliases":["Old"],"fields":[
              {"name":"added","type":["null","int"],"default":null},{"name":"y","aliases":["x"],"type":"long"}]}
            """
        #expect(try resolved(.record([.int(3), .string("s")]), from: writer, to: reader) == .record([.union(0, .null), .long(3)]))
    }

    @Test func recordsOfAnotherNameDoNotMatch() throws {
        let writer = try ParsedSchema(json: #"{"type":"record","name":"n.A","fields":[]}"#)
        #expect(throws: AvroError.self) {
            try Resolution(writer: writer, reader: ParsedSchema(json: #"{"type":"record","name":"B","fields":[]}"#))
        }
        #expect(try resolved(.record([]), from: writer.json, to: #"{"type":"record","name":"m.A","fields":[]}"#) == .record([]))
    }

    @Test func recursiveTypesResolve() throws {
        let writer = #"{"type":"record","name":"N","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","N"]}]}"#
        let reader = #"{"type":"record","name":"N","fields":[{"name":"next","type":["N","null"]},{"name":"v","type":"double"}]}"#
        let list = Value.record([.int(1), .union(1, .record([.int(2), .union(0, .null)]))])
        #expect(try resolved(list, from: writer, to: reader) == .record([.union(0, .record([.union(1, .null), .double(2)])), .double(1)]))
    }

    @Test func errorsInTheDataNameTheField() throws {
        let writer = try ParsedSchema(
            json: #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"map","values":["null","int"]}}]}"#)
        let reader = try ParsedSchema(json: #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"map","values":"int"}}]}"#)
        let bytes = try Value.record([.map(["k": .union(0, .null)])]).encoded(as: writer)
        let resolution = try Resolution(writer: writer, reader: reader)
        let error = #expect(throws: AvroError.self) { try resolution.decode(bytes) }
        #expect(error?.kind == .resolution)
        #expect(error?.path == "$.a.k")
    }
}
