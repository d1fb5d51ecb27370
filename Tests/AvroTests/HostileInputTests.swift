import TestSupport
import Testing

@testable import Avro

/// Bytes from strangers may be refused, but must neither crash us nor make us take much memory.
@Suite struct HostileInputTests {
    /// Whether decoding succeeds; that it returns at all is the point.
    private func survives(_ bytes: [UInt8], _ schema: ParsedSchema, _ resolution: Resolution?) -> Bool {
        _ = try? resolution?.decode(bytes)
        return (try? Value.decode(bytes, as: schema)) != nil
    }

    @Test func damagedDataIsSurvived() throws {
        var random = SplitMix64(seed: 5)
        var refusals = 0
        for _ in 0..<400 {
            let shape = RandomSchema(using: &random)
            let schema = try ParsedSchema(json: shape.json(using: &random))
            let resolution = try? Resolution(writer: schema, reader: ParsedSchema(json: shape.evolved(using: &random).json(using: &random)))
            let bytes = try RandomValue.make(schema, using: &random).encoded(as: schema)
            for cut in bytes.indices.shuffled(using: &random).prefix(10) {
                #expect(!survives([UInt8](bytes[..<cut]), schema, resolution))
                var damaged = bytes
                damaged[cut] = UInt8.random(in: 0...255, using: &random)
                if !survives(damaged, schema, resolution) { refusals += 1 }
            }
            let noise = (0..<50).map { _ in UInt8.random(in: 0...255, using: &random) }
            if !survives(noise, schema, resolution) { refusals += 1 }
        }
        #expect(refusals > 100)
    }

    @Test(arguments: [
        #"{"type":"array","items":"null"}"#,
        #"{"type":"array","items":{"type":"record","name":"E","fields":[]}}"#,
        #"{"type":"array","items":{"type":"fixed","name":"F","size":0}}"#,
    ]) func billionsOfEmptyItemsAreRefused(_ json: String) throws {
        let schema = try ParsedSchema(json: json)
        for count in [Int64.max, Int64.min, 1 << 40, 2_000_000] {
            var bytes: [UInt8] = []
            AvroWriter.long(count, into: &bytes)
            bytes += [0, 0]
            #expect(throws: AvroError.self) { try Value.decode(bytes, as: schema) }
            #expect(throws: AvroError.self) { try Resolution(writer: schema, reader: schema).decode(bytes) }
        }
        let many = [UInt8](repeating: 0x7e, count: 100_000)
        #expect(throws: AvroError.self) { try Value.decode(many, as: schema) }
    }

    @Test func emptyRecordsThatDoubleAreRefused() throws {
        let levels = (0..<60).map { level in
            let inner = level == 0 ? "\"null\"" : "\"L\(level - 1)\""
            return #"{"type":"record","name":"L\#(level)","fields":[{"name":"a","type":\#(inner)},{"name":"b","type":\#(inner)}]}"#
        }
        let schema = try ParsedSchema(json: "[" + levels.joined(separator: ",") + "]")
        #expect(throws: AvroError.self) { try Value.decode([118], as: schema) }
        #expect(throws: AvroError.self) { try [UInt8]([118]).reading { (reader) throws(AvroError) in try reader.skip(schema) } }
        #expect(Compatibility.problems(reader: schema, writer: schema).isEmpty)
    }

    @Test func nestingWithoutEndIsRefused() throws {
        let schema = try ParsedSchema(json: #"{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}"#)
        let bytes = [UInt8](repeating: 2, count: 1_000_000)
        #expect(throws: AvroError.self) { try Value.decode(bytes, as: schema) }
        #expect(throws: AvroError.self) { try Resolution(writer: schema, reader: schema).decode(bytes) }
        #expect(try Value.decode([UInt8](repeating: 2, count: 90) + [0], as: schema).encoded(as: schema).count == 91)
    }

    @Test func damagedSchemasAreSurvived() throws {
        var random = SplitMix64(seed: 6)
        var refusals = 0
        for _ in 0..<300 {
            let json = [UInt8](RandomSchema(using: &random).json(using: &random).utf8)
            for _ in 0..<10 {
                var damaged = json
                let place = Int.random(in: 0..<json.count, using: &random)
                if Bool.random(using: &random) {
                    damaged.remove(at: place)
                } else {
                    damaged[place] = UInt8.random(in: 0...255, using: &random)
                }
                if (try? ParsedSchema(json: String(decoding: damaged, as: UTF8.self))) == nil { refusals += 1 }
            }
        }
        #expect(refusals > 1000)
    }
}
