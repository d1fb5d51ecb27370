// hot path

internal import Avro
internal import Events

/// Fields of a record that events are made of: scalars or arrays of one, perhaps a union of it with null.
struct PlainFields: Sendable {
    /// One field; trivial, as steps go over millions of them.
    private struct Field: BitwiseCopyable, Sendable {
        let form: Form
        /// Which branch is null; -1 for a field that is no union.
        let nullBranch: Int8
    }

    enum Form: UInt8, Sendable {
        case string, bytes, long, double, float, boolean, strings, longs
        /// Anything else a foreign writer may have; it is only stepped over.
        case other
    }

    /// What a step over the field found.
    enum Step {
        case null
        case value
        case damaged
    }

    private let fields: [Field]
    private let schemas: [Schema]
    private let whole: ParsedSchema

    init(_ schemas: [Schema], of whole: ParsedSchema) {
        self.schemas = schemas
        self.whole = whole
        fields = schemas.map { PlainFields.field($0, whole) }
    }

    var indices: Range<Int> { fields.indices }

    func form(_ place: Int) -> Form { fields[place].form }

    private static func field(_ schema: Schema, _ whole: ParsedSchema) -> Field {
        guard case .union(let branches) = whole.bare(schema) else { return Field(form: form(schema, whole), nullBranch: -1) }
        let places = branches.indices.filter { whole.bare(branches[$0]) == .null }
        guard branches.count == 2, let place = places.first, places.count == 1 else { return Field(form: .other, nullBranch: -1) }
        let form = form(branches[1 - place], whole)
        return Field(form: form, nullBranch: form == .other ? -1 : Int8(place))
    }

    private static func form(_ schema: Schema, _ whole: ParsedSchema) -> Form {
        switch whole.bare(schema) {
        case .string: .string
        case .bytes: .bytes
        case .int, .long: .long
        case .double: .double
        case .float: .float
        case .boolean: .boolean
        case .array(let items):
            switch whole.bare(items) {
            case .string: .strings
            case .int, .long: .longs
            default: .other
            }
        default: .other
        }
    }

    /// Steps over the field at a place; `start` is set to where the value begins, behind the branch of a union.
    @inline(__always)
    func step(_ place: Int, _ reader: inout AvroReader, start: inout Int) -> Step {
        let field = fields[place]
        if field.nullBranch >= 0 {
            guard let branch = reader.readLong(), branch == 0 || branch == 1 else { return .damaged }
            if branch == Int64(field.nullBranch) { return .null }
        }
        start = reader.offset
        return skip(field.form, place, &reader) ? .value : .damaged
    }

    private func skip(_ form: Form, _ place: Int, _ reader: inout AvroReader) -> Bool {
        switch form {
        case .string: return PlainFields.skipText(&reader)
        case .bytes: return reader.readBytes() != nil
        case .long: return reader.readLong() != nil
        case .double: return reader.skip(count: 8)
        case .float: return reader.skip(count: 4)
        case .boolean: return reader.readBoolean() != nil
        case .strings: return PlainFields.skipItems(&reader) { PlainFields.skipText(&$0) }
        case .longs: return PlainFields.skipItems(&reader) { $0.readLong() != nil }
        case .other:
            do throws(AvroError) {
                try reader.skip(schemas[place], of: whole)
                return true
            } catch {
                return false
            }
        }
    }

    /// A string that is not UTF-8 would make the file unreadable for others.
    private static func skipText(_ reader: inout AvroReader) -> Bool {
        guard let range = reader.readBytes() else { return false }
        guard let base = reader.bytes.baseAddress else { return range.isEmpty }
        return UTF8Text.isValid(base, range.lowerBound, range.upperBound)
    }

    private static func skipItems(_ reader: inout AvroReader, _ skip: (inout AvroReader) -> Bool) -> Bool {
        while let count = reader.readLong() {
            if count == 0 { return true }
            if count < 0, reader.readLong() == nil { return false }
            // An item takes a byte at least, so that a false count ends soon.
            guard count.magnitude <= UInt64(reader.remaining) else { return false }
            for _ in 0..<count.magnitude where !skip(&reader) { return false }
        }
        return false
    }
}
