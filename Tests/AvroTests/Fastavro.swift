import Foundation
import TestSupport

@testable import Avro

/// Questions to fastavro (PyPI), an independent implementation of Avro: one Python process answers many cases at once.
enum Fastavro {
    /// Runs `body`, which defines `answer(case)`, on every case; answers what it returned, as JSON values.
    static func ask<Answer: Decodable>(_ cases: [[String: String]], _ body: String, as type: Answer.Type = Answer.self) throws -> [Answer] {
        let script = prelude + body + "\njson.dump([answer(c) for c in json.load(sys.stdin)], sys.stdout)\n"
        let input = try JSONSerialization.data(withJSONObject: cases)
        let result = try ChildProcess.run(ChildProcess.python, ["-c", script], input: input)
        guard result.status == 0 else { throw Failure(description: "python ended with \(result.status): \(result.errors.suffix(2000))") }
        return try JSONDecoder().decode([Answer].self, from: Data(result.output.utf8))
    }

    struct Failure: Error, CustomStringConvertible { var description: String }

    /// `native` turns what `tagged` wrote into Python values, for a union with the tuple that names the branch; `plain` without.
    private static let prelude = """
        import sys, json, io, struct, math
        import fastavro, fastavro.read, fastavro.write, fastavro.schema
        fastavro.read.LOGICAL_READERS.clear()
        fastavro.write.LOGICAL_WRITERS.clear()

        def native(v, tuples):
            if isinstance(v, list):
                return [native(x, tuples) for x in v]
            if not isinstance(v, dict):
                return v
            (tag, x), = v.items()
            if tag == "float": return struct.unpack(">f", bytes.fromhex(x))[0]
            if tag == "double": return struct.unpack(">d", bytes.fromhex(x))[0]
            if tag == "bytes": return bytes.fromhex(x)
            if tag == "map": return {k: native(y, tuples) for k, y in x.items()}
            inner = native(x[1], tuples)
            return (x[0], inner) if tuples else inner

        def same(a, b):
            if isinstance(a, bytes) and isinstance(b, str): return same(b, a)
            if isinstance(a, str) and isinstance(b, bytes): return b in (a.encode(), a.encode("latin-1", "ignore"))
            if isinstance(a, bool) != isinstance(b, bool): return False
            if isinstance(a, float) or isinstance(b, float):
                if not isinstance(a, (int, float)) or not isinstance(b, (int, float)): return False
                return a == b or math.isclose(a, b, rel_tol=1e-6)
            if isinstance(a, dict) and isinstance(b, dict): return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
            if isinstance(a, list) and isinstance(b, list): return len(a) == len(b) and all(map(same, a, b))
            return a == b

        def read(writer, data, reader=None):
            f = io.BytesIO(bytes.fromhex(data))
            value = fastavro.schemaless_reader(f, writer, reader)
            assert not f.read(), "bytes are left over"
            return value

        def write(schema, value):
            f = io.BytesIO()
            fastavro.schemaless_writer(f, schema, value)
            return f.getvalue().hex()


        """
}

extension Value {
    /// JSON that says of every value what it is, for `native` in Python; maps in the order in which we encode them.
    func tagged(_ schema: ParsedSchema) -> String { tagged(schema.root, schema.names) }

    private func tagged(_ schema: Schema, _ names: [String: Schema]) -> String {
        switch (self, schema.bare(names)) {
        case (.null, _): "null"
        case (.boolean(let value), _): "\(value)"
        case (.int(let value), _): "\(value)"
        case (.long(let value), _): "\(value)"
        case (.float(let value), _): #"{"float":"\#(bigEndianHex(value.bitPattern))"}"#
        case (.double(let value), _): #"{"double":"\#(bigEndianHex(value.bitPattern))"}"#
        case (.bytes(let bytes), _), (.fixed(let bytes), _): #"{"bytes":"\#(bytes.hex)"}"#
        case (.string(let text), _): quoted(text)
        case (.array(let values), .array(let items)): "[" + values.map { $0.tagged(items, names) }.joined(separator: ",") + "]"
        case (.map(let values), .map(let schema)):
            object(values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value.tagged(schema, names)) })
        case (.union(let index, let value), .union(let branches)):
            #"{"union":["\#(branches[index].label)",\#(value.tagged(branches[index], names))]}"#
        case (.enumeration(let index), .enumeration(let enumeration)): "\"\(enumeration.symbols[index])\""
        case (.record(let values), .record(let record)):
            object(zip(record.fields, values).map { ($0.name, $1.tagged($0.schema, names)) })
        default: preconditionFailure("the value is not of the schema")
        }
    }

    private func object(_ members: [(String, String)]) -> String {
        #"{"map":{"# + members.map { quoted($0) + ":" + $1 }.joined(separator: ",") + "}}"
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.utf16.map { "\\u" + bigEndianHex($0) }.joined() + "\""
    }

    private func bigEndianHex(_ bits: some FixedWidthInteger) -> String {
        withUnsafeBytes(of: bits.bigEndian) { [UInt8]($0).hex }
    }
}

extension [UInt8] {
    var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    init(hex: String) {
        let digits = hex.compactMap { $0.hexDigitValue }
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension Value {
    /// The value in binary.
    func encoded(as schema: ParsedSchema) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try encode(as: schema, into: &bytes)
        return bytes
    }
}
