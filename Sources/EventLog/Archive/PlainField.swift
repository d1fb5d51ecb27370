// hot path

internal import Avro
internal import Events

/// A field of a record that events are made of: a scalar or an array of one, perhaps a union of it with null.
struct PlainField: Sendable {
    enum Form: Sendable, Hashable {
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

    let form: Form
    /// Which branch is null; nil for a field that is no union.
    let nullBranch: Int64?
    private let schema: Schema
    private let whole: ParsedSchema

    init(_ schema: Schema, of whole: ParsedSchema) {
        self.schema = schema
        self.whole = whole
        guard case .union(let branches) = whole.bare(schema) else {
            form = PlainField.form(schema, whole)
            nullBranch = nil
            return
        }
        let places = branches.indices.filter { whole.bare(branches[$0]) == .null }
        guard branches.count == 2, let place = places.first, places.count == 1 else {
            form = .other
            nullBranch = nil
            return
        }
        form = PlainField.form(branches[1 - place], whole)
        nullBranch = form == .other ? nil : Int64(place)
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

    /// Steps over the field; `start` is set to where the value begins, behind the branch of a union.
    func step(_ reader: inout AvroReader, start: inout Int) -> Step {
        if let nullBranch {
            guard let branch = reader.readLong(), branch == 0 || branch == 1 else { return .damaged }
            if branch == nullBranch { return .null }
        }
        start = reader.offset
        return skip(&reader) ? .value : .damaged
    }

    private func skip(_ reader: inout AvroReader) -> Bool {
        switch form {
        case .string: return PlainField.skipText(&reader)
        case .bytes: return reader.readBytes() != nil
        case .long: return reader.readLong() != nil
        case .double: return reader.skip(count: 8)
        case .float: return reader.skip(count: 4)
        case .boolean: return reader.readBoolean() != nil
        case .strings: return PlainField.skipItems(&reader) { PlainField.skipText(&$0) }
        case .longs: return PlainField.skipItems(&reader) { $0.readLong() != nil }
        case .other:
            do throws(AvroError) {
                try reader.skip(schema, of: whole)
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
