internal import Avro

/// The Avro types that our schemas' fields have; a nullable field is one of these beside `null` in a union.
enum FieldKind: UInt8 {
    case text, bytes, int, long, double, boolean, textList, intList, longList

    init?(_ schema: Schema) {
        switch schema {
        case .string, .logical(.uuid, .string): self = .text
        case .bytes: self = .bytes
        case .int: self = .int
        case .long, .logical(.timestampMillis, .long): self = .long
        case .double: self = .double
        case .boolean: self = .boolean
        case .array(.string): self = .textList
        case .array(.int): self = .intList
        case .array(.long): self = .longList
        default: return nil
        }
    }
}

/// The type of a field of ours: its kind, and the union branch of `null` where it may be null.
struct FieldShape {
    var kind: FieldKind
    /// 0 or 1, or nil where null is no value of the field.
    var nullBranch: Int?

    /// Nil where the gateway and the decoder have no use for such a type.
    init?(_ schema: Schema) {
        guard case .union(let branches) = schema else {
            guard let kind = FieldKind(schema) else { return nil }
            self.init(kind: kind, nullBranch: nil)
            return
        }
        guard branches.count == 2, let nullBranch = branches.firstIndex(of: .null), let kind = FieldKind(branches[1 - nullBranch]) else {
            return nil
        }
        self.init(kind: kind, nullBranch: nullBranch)
    }

    private init(kind: FieldKind, nullBranch: Int?) {
        self.kind = kind
        self.nullBranch = nullBranch
    }

    /// The Avro bytes of a default value, or nil where a field of this shape cannot have it.
    func encode(_ value: Value) -> [UInt8]? {
        var bytes: [UInt8] = []
        switch (kind, value) {
        case (_, .union(let branch, let inner)):
            guard let nullBranch else { return nil }
            AvroWriter.long(Int64(branch), into: &bytes)
            if branch == nullBranch { return bytes }
            guard let rest = FieldShape(kind: kind, nullBranch: nil).encode(inner) else { return nil }
            bytes += rest
        case (.text, .string(let text)): AvroWriter.string(text, into: &bytes)
        case (.bytes, .bytes(let payload)): payload.withUnsafeBytes { AvroWriter.bytes($0, into: &bytes) }
        case (.int, .int(let number)): AvroWriter.long(Int64(number), into: &bytes)
        case (.long, .long(let number)): AvroWriter.long(number, into: &bytes)
        case (.double, .double(let number)): AvroWriter.double(number, into: &bytes)
        case (.boolean, .boolean(let flag)): AvroWriter.boolean(flag, into: &bytes)
        case (.textList, .array(let items)), (.intList, .array(let items)), (.longList, .array(let items)):
            guard items.isEmpty else { return nil }
            AvroWriter.long(0, into: &bytes)
        default: return nil
        }
        return bytes
    }
}
