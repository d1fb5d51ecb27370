import Foundation
import TestSupport
import Testing

@testable import Avro

@Suite struct ContainerTests {
    private static let sync: [UInt8] = [UInt8](1...16)

    private func file(
        _ values: [Value], _ schema: ParsedSchema, _ codec: ContainerCodec, metadata: [String: [UInt8]] = [:]
    ) throws -> [UInt8] {
        var writer = try ContainerWriter(schema: schema, codec: codec, sync: Self.sync, metadata: metadata, blockByteCountMax: 200)
        var bytes: [UInt8] = []
        for value in values {
            try writer.append(value)
            bytes += writer.takeOutput()
        }
        try writer.finishBlock()
        return bytes + writer.takeOutput()
    }

    /// Reads a file that arrives in chunks of at most `chunkByteCount`.
    private func blocks(_ file: [UInt8], chunkByteCount: Int) throws -> (header: ContainerReader.Header?, blocks: [ContainerBlock]) {
        var reader = ContainerReader()
        var blocks: [ContainerBlock] = []
        for start in stride(from: 0, to: file.count, by: chunkByteCount) {
            reader.append(file[start..<min(start + chunkByteCount, file.count)])
            while let block = try reader.nextBlock() { blocks.append(block) }
        }
        try reader.finish()
        return (reader.header, blocks)
    }

    private struct Answer: Decodable {
        var verdict: String
        var file: String
    }

    @Test(arguments: ContainerCodec.allCases) func filesAreExchangedWithFastavro(_ codec: ContainerCodec) throws {
        var random = SplitMix64(seed: 8)
        var cases: [[String: String]] = []
        var expected: [(schema: ParsedSchema, values: [Value])] = []
        for _ in 0..<40 {
            let schema = try ParsedSchema(json: RandomSchema(using: &random).json(using: &random))
            let values = (0..<Int.random(in: 0...30, using: &random)).map { _ in RandomValue.make(schema, using: &random) }
            let bytes = try file(values, schema, codec, metadata: ["who": [UInt8]("recs é".utf8)])
            let tagged = "[" + values.map { $0.tagged(schema) }.joined(separator: ",") + "]"
            cases.append(["schema": schema.json, "values": tagged, "file": bytes.hex, "codec": codec.rawValue])
            expected.append((schema, values))
        }
        let answers: [Answer] = try Fastavro.ask(
            cases,
            """
            def answer(c):
                reader = fastavro.reader(io.BytesIO(bytes.fromhex(c["file"])))
                found, values = list(reader), json.loads(c["values"])
                verdict = "" if same(found, native(values, False)) else "fastavro reads " + repr(found)
                if reader.metadata["who"] != "recs é": verdict += " metadata " + repr(reader.metadata)
                if reader.codec != c["codec"]: verdict += " codec " + reader.codec
                out = io.BytesIO()
                fastavro.writer(out, json.loads(c["schema"]), native(values, True), codec=c["codec"], sync_interval=150)
                return {"verdict": verdict, "file": out.getvalue().hex()}
            """)
        for (answer, given) in zip(answers, expected) {
            #expect(answer.verdict == "")
            let read = try blocks([UInt8](hex: answer.file), chunkByteCount: 97)
            #expect(read.header?.codec == codec)
            #expect(read.header?.schema.canonicalForm == given.schema.canonicalForm)
            #expect(try read.blocks.flatMap { try $0.values() } == given.values)
        }
    }

    private static let people = #"{"type":"record","name":"P","fields":[{"name":"name","type":"string"},{"name":"age","type":"int"}]}"#

    private func people(_ count: Int) -> [Value] { (0..<count).map { .record([.string("person \($0)"), .int(Int32($0))]) } }

    @Test(arguments: ContainerCodec.allCases) func chunksOfEverySizeGiveTheSameBlocks(_ codec: ContainerCodec) throws {
        let schema = try ParsedSchema(json: Self.people)
        let bytes = try file(people(60), schema, codec, metadata: ["k": [1]])
        for size in [1, 2, 3, 7, 50, bytes.count] {
            let read = try blocks(bytes, chunkByteCount: size)
            #expect(try read.blocks.flatMap { try $0.values() } == people(60))
            #expect(read.blocks.count > 2)
            #expect(read.header?.metadata["k"] == [1])
            #expect(read.header?.sync == Self.sync)
        }
    }

    @Test func rawRecordsCanBeCopiedFromFileToFile() throws {
        let schema = try ParsedSchema(json: Self.people)
        let source = try blocks(try file(people(60), schema, .deflate), chunkByteCount: 1000)
        var writer = try ContainerWriter(schema: schema, codec: .zstandard, sync: Self.sync)
        for block in source.blocks {
            for range in try block.recordRanges() {
                try block.bytes.withUnsafeBytes { try writer.append(encoded: UnsafeRawBufferPointer(rebasing: $0[range])) }
            }
        }
        try writer.finishBlock()
        #expect(try ContainerReader.values(of: writer.takeOutput()) == people(60))
    }

    @Test func recordsAreResolvedToAReader() throws {
        let schema = try ParsedSchema(json: Self.people)
        let reader = try ParsedSchema(json: #"{"type":"record","name":"P","fields":[{"name":"age","type":"long"}]}"#)
        let read = try blocks(try file(people(3), schema, .null), chunkByteCount: 1000)
        let resolution = try Resolution(writer: schema, reader: reader)
        #expect(try read.blocks.flatMap { try $0.values(resolution) } == (0..<3).map { .record([.long($0)]) })
    }

    @Test(arguments: ContainerCodec.allCases) func everyCutIsNoticed(_ codec: ContainerCodec) throws {
        let schema = try ParsedSchema(json: Self.people)
        let bytes = try file(people(30), schema, codec)
        var boundaries: Set<Int> = []
        var reader = ContainerReader()
        for (index, byte) in bytes.enumerated() {
            reader.append(CollectionOfOne(byte))
            let hadHeader = reader.header != nil
            let block = try reader.nextBlock()
            if block != nil || (!hadHeader && reader.header != nil) { boundaries.insert(index + 1) }
        }
        for cut in 0..<bytes.count where !boundaries.contains(cut) {
            let error = #expect(throws: AvroError.self) { try ContainerReader.values(of: [UInt8](bytes[..<cut])) }
            #expect(error?.message.contains("cut off") == true)
        }
    }

    @Test(arguments: ContainerCodec.allCases) func damageIsSurvived(_ codec: ContainerCodec) throws {
        let schema = try ParsedSchema(json: Self.people)
        let bytes = try file(people(30), schema, codec)
        var random = SplitMix64(seed: 9)
        var refusals = 0
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= UInt8.random(in: 1...255, using: &random)
            do { _ = try ContainerReader.values(of: damaged) } catch { refusals += 1 }
        }
        #expect(refusals > bytes.count / 2)
    }

    @Test(arguments: [ContainerCodec.deflate, .zstandard]) func blocksThatUnpackToTooMuchAreRefused(_ codec: ContainerCodec) throws {
        let schema = try ParsedSchema(json: #""bytes""#)
        let bytes = try file([.bytes([UInt8](repeating: 0, count: 5_000_000))], schema, codec)
        #expect(bytes.count < 50_000)
        let limits = ContainerReader.Limits(blockByteCountMax: 100_000)
        let error = #expect(throws: AvroError.self) { try ContainerReader.values(of: bytes, limits: limits) }
        #expect(error?.message.contains("unpacks to more than 100000 bytes") == true)
    }

    @Test func whatIsNoContainerFileIsRefusedAtOnce() {
        let error = #expect(throws: AvroError.self) { try ContainerReader.values(of: [UInt8]("PK\u{3}\u{4}".utf8)) }
        #expect(error?.message.contains("not an Avro container file") == true)
    }
}
