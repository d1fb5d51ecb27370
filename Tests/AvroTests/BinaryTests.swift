import TestSupport
import Testing

@testable import Avro

/// The primitives of the hot path and the examples of the specification, "Binary Encoding".
@Suite struct BinaryTests {
    private func written(_ write: (inout [UInt8]) -> Void) -> [UInt8] {
        var output: [UInt8] = []
        write(&output)
        return output
    }

    @Test(arguments: [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-64, "7f"), (64, "8001")] as [(Int64, String)])
    func longsAreWrittenAsInTheSpecification(_ value: Int64, _ hex: String) {
        #expect(written { AvroWriter.long(value, into: &$0) }.hex == hex)
    }

    @Test func recordsArraysAndUnionsAreWrittenAsInTheSpecification() throws {
        let record = try ParsedSchema(
            json: #"{"type":"record","name":"test","fields":[{"name":"a","type":"long"},{"name":"b","type":"string"}]}"#)
        #expect(try Value.record([.long(27), .string("foo")]).encoded(as: record).hex == "3606666f6f")
        let array = try ParsedSchema(json: #"{"type":"array","items":"long"}"#)
        #expect(try Value.array([.long(3), .long(27)]).encoded(as: array).hex == "04063600")
        let union = try ParsedSchema(json: #"["null","string"]"#)
        #expect(try Value.union(0, .null).encoded(as: union).hex == "00")
        #expect(try Value.union(1, .string("a")).encoded(as: union).hex == "020261")
    }

    @Test func readsBackWhateverItWrites() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let long = Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random)
            let double = Double(bitPattern: random.next())
            let float = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
            let text = String(repeating: "é", count: Int.random(in: 0...100, using: &random))
            let bytes = written {
                AvroWriter.long(long, into: &$0)
                AvroWriter.boolean(true, into: &$0)
                AvroWriter.double(double, into: &$0)
                AvroWriter.float(float, into: &$0)
                AvroWriter.string(text, into: &$0)
            }
            bytes.withUnsafeBytes { buffer in
                var reader = AvroReader(buffer, offset: 0, end: buffer.count)
                let readLong = reader.readLong()
                let readBoolean = reader.readBoolean()
                let readDouble = reader.readDouble()
                let readFloat = reader.readFloat()
                let readText = reader.readBytes().map { String(decoding: buffer[$0], as: UTF8.self) }
                #expect(readLong == long && readBoolean == true && readText == text && reader.remaining == 0)
                #expect(readDouble?.bitPattern == double.bitPattern && readFloat?.bitPattern == float.bitPattern)
            }
        }
    }

    @Test(arguments: [Int64.min, .max, -1 << 31, 1 << 31 - 1, 1 << 31, -1 << 31 - 1])
    func intsBeyond32BitsAreRefused(_ value: Int64) {
        let bytes = written { AvroWriter.long(value, into: &$0) }
        bytes.withUnsafeBytes { buffer in
            var reader = AvroReader(buffer, offset: 0, end: buffer.count)
            let int = reader.readInt()
            #expect(int == Int32(exactly: value))
            reader.offset = 0
            let long = reader.readLong()
            #expect(long == value)
        }
    }

    @Test(arguments: ["", "80", "ffffffffffffffffff02", "ffffffffffffffffffff01", "80808080808080808080"])
    func longsThatAreCutOffOrTooLongAreRefused(_ hex: String) {
        [UInt8](hex: hex).withUnsafeBytes { buffer in
            var reader = AvroReader(buffer, offset: 0, end: buffer.count)
            let long = reader.readLong()
            #expect(long == nil)
        }
    }

    @Test func neverReadsBeyondItsEnd() {
        let bytes: [UInt8] = [0x08, 0x61, 0x62, 0x63, 0x64, 0, 0, 0, 0]
        bytes.withUnsafeBytes { buffer in
            for end in 0...4 {
                var reader = AvroReader(buffer, offset: 0, end: end)
                let payload = reader.readBytes()
                #expect(payload == nil)
            }
            var whole = AvroReader(buffer, offset: 0, end: 5)
            let payload = whole.readBytes()
            #expect(payload == 1..<5)
            var short = AvroReader(buffer, offset: 1, end: 4)
            let results = [short.readFloat() == nil, short.readDouble() == nil, !short.skip(count: 4), !short.skip(count: -1)]
            #expect(results == [true, true, true, true])
        }
    }

    @Test func blocksWithByteCountsAreReadAndSkipped() throws {
        let array = try ParsedSchema(json: #"{"type":"array","items":"long"}"#)
        let bytes: [UInt8] = [0x03, 0x04, 0x06, 0x36, 0x02, 0x08, 0x00]
        #expect(try Value.decode(bytes, as: array) == .array([.long(3), .long(27), .long(4)]))
        let left = try bytes.reading { (reader) throws(AvroError) in
            try reader.skip(array)
            return reader.remaining
        }
        #expect(left == 0)
    }

    @Test func wrongValuesAreRefusedWithTheirPlace() throws {
        let schema = try ParsedSchema(
            json: #"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":["null","int"]}}]}"#)
        var output: [UInt8] = [9]
        let error = #expect(throws: AvroError.self) {
            try Value.record([.array([.union(0, .null), .union(1, .long(1))])]).encode(as: schema, into: &output)
        }
        #expect(error?.path == "$.a[1]")
        #expect(error?.message == "found a long where the schema wants int")
        #expect(output == [9])
    }

    @Test func bytesLeftOverAreRefused() throws {
        let schema = try ParsedSchema(json: #""int""#)
        #expect(throws: AvroError.self) { try Value.decode([2, 2], as: schema) }
    }
}
