extension ParsedSchema {
    /// The schema reduced to what a reader needs, the same text for all schemas that mean the same to one (Avro 1.11 specification,
    /// "Parsing Canonical Form for Schemas").
    package var canonicalForm: String { root.canonicalForm }

    /// CRC-64-AVRO of the canonical form (same chapter, "Schema Fingerprints").
    package var fingerprint64: UInt64 { Fingerprint.crc64(canonicalForm.utf8) }
}

extension Schema {
    /// Names are letters, digits, `_` and dots, so nothing needs an escape.
    fileprivate var canonicalForm: String {
        switch self {
        case .array(let items): return #"{"type":"array","items":\#(items.canonicalForm)}"#
        case .map(let values): return #"{"type":"map","values":\#(values.canonicalForm)}"#
        case .union(let branches): return "[" + branches.map(\.canonicalForm).joined(separator: ",") + "]"
        case .fixed(let fixed): return #"{"name":"\#(fixed.name)","type":"fixed","size":\#(fixed.size)}"#
        case .enumeration(let enumeration):
            let symbols = enumeration.symbols.map { "\"\($0)\"" }.joined(separator: ",")
            return #"{"name":"\#(enumeration.name)","type":"enum","symbols":[\#(symbols)]}"#
        case .record(let record):
            let fields = record.fields.map { #"{"name":"\#($0.name)","type":\#($0.schema.canonicalForm)}"# }.joined(separator: ",")
            return #"{"name":"\#(record.name)","type":"record","fields":[\#(fields)]}"#
        case .logical(_, let carrier): return carrier.canonicalForm
        default: return "\"\(label)\""
        }
    }
}

/// The 64-bit Rabin fingerprint of the Avro specification.
private enum Fingerprint {
    private static let empty: UInt64 = 0xc15d_213a_a4d7_a795

    private static let table: [UInt64] = (0..<256).map { byte in
        (0..<8).reduce(UInt64(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? empty : 0) }
    }

    static func crc64(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(empty) { crc, byte in crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
    }
}
