import Foundation
import TestSupport
import Testing

@testable import Avro

/// Random schemas and values against fastavro.
@Suite struct FastavroTests {
    @Test func writesTheSameBytesAndReadsThemAlike() throws {
        var random = SplitMix64(seed: 1)
        var cases: [[String: String]] = []
        for _ in 0..<400 {
            let schema = try ParsedSchema(json: RandomSchema(using: &random).json(using: &random))
            for _ in 0..<3 {
                let value = RandomValue.make(schema, using: &random)
                let bytes = try value.encoded(as: schema)
                #expect(try Value.decode(bytes, as: schema) == value)
                #expect(try skipped(bytes, schema) == bytes.count)
                cases.append(["schema": schema.json, "value": value.tagged(schema), "bytes": bytes.hex])
            }
        }
        let failures: [String] = try Fastavro.ask(
            cases,
            """
            def answer(c):
                schema = json.loads(c["schema"])
                value = json.loads(c["value"])
                written = write(schema, native(value, True))
                if written != c["bytes"]: return "fastavro writes " + written
                found = read(schema, c["bytes"])
                return "" if same(found, native(value, False)) else "fastavro reads " + repr(found)
            """)
        for (failure, given) in zip(failures, cases) { #expect(failure == "", "\(given)") }
    }

    private func skipped(_ bytes: [UInt8], _ schema: ParsedSchema) throws -> Int {
        try bytes.reading { (reader) throws(AvroError) in
            try reader.skip(schema)
            return reader.offset
        }
    }

    @Test func hasTheSameCanonicalFormAndFingerprint() throws {
        var random = SplitMix64(seed: 2)
        let cases = (0..<300).map { _ in ["schema": RandomSchema(using: &random).json(using: &random)] }
        let answers: [[String]] = try Fastavro.ask(
            cases,
            """
            def answer(c):
                form = fastavro.schema.to_parsing_canonical_form(json.loads(c["schema"]))
                return [form, fastavro.schema.fingerprint(form, "CRC-64-AVRO")]
            """)
        for (given, answer) in zip(cases, answers) {
            let schema = try ParsedSchema(json: given["schema"] ?? "")
            #expect(schema.canonicalForm == answer[0])
            let bytes = withUnsafeBytes(of: schema.fingerprint64.littleEndian) { [UInt8]($0).hex }
            #expect(bytes == answer[1])
        }
    }

    /// fastavro finds out what does not match as it reads, we beforehand: where it can read data whose arrays, maps or unions happen to
    /// hide a mismatch, our refusal must be one that `Compatibility` explains. It also takes the first branch of a union that matches, not
    /// the one of the very type, and so may fail to make a string of bytes.
    @Test func resolvesToTheSameValues() throws {
        var random = SplitMix64(seed: 3)
        var cases: [[String: String]] = []
        var earlyRefusals = 0
        for _ in 0..<700 {
            let shape = RandomSchema(using: &random)
            let writer = try ParsedSchema(json: shape.json(using: &random))
            let reader = try ParsedSchema(json: shape.evolved(using: &random).json(using: &random))
            let problems = Compatibility.problems(reader: reader, writer: writer)
            for _ in 0..<3 {
                let bytes = try RandomValue.make(writer, using: &random).encoded(as: writer)
                var given = ["writer": writer.json, "reader": reader.json, "bytes": bytes.hex]
                do {
                    let value = try Resolution(writer: writer, reader: reader).decode(bytes)
                    given["resolved"] = try value.encoded(as: reader).hex
                } catch let error as AvroError {
                    given["error"] = "\(error)"
                    #expect(error.kind == .decoding || !problems.isEmpty, "\(given)")
                    if (try? Resolution(writer: writer, reader: reader)) == nil { given["early"] = "yes" }
                }
                cases.append(given)
            }
        }
        let answers: [String] = try Fastavro.ask(
            cases,
            """
            def answer(c):
                writer, reader = json.loads(c["writer"]), json.loads(c["reader"])
                try:
                    value = read(writer, c["bytes"], reader)
                except UnicodeDecodeError:
                    return ""
                except Exception as e:
                    return "" if "error" in c else "fastavro refuses: " + repr(e)
                if "early" in c: return "early"
                if "error" in c: return "fastavro reads " + repr(value)
                ours = read(reader, c["resolved"])
                return "" if same(ours, value) else "fastavro reads " + repr(value) + " not " + repr(ours)
            """)
        for (answer, given) in zip(answers, cases) {
            if answer == "early" { earlyRefusals += 1 } else { #expect(answer == "", "\(given)") }
        }
        let resolved = cases.count { $0["resolved"] != nil }
        #expect(resolved > cases.count / 3)
        #expect(earlyRefusals < cases.count / 10)
    }
}
