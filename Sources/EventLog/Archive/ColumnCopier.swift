// hot path

internal import Avro
internal import Events

/// Copies the fields of encoded events into the columns of an archive file, as the bytes they are: nothing is decoded but lengths.
struct ColumnCopier {
    /// The fields of a writer's schema and the columns they go to; -1 for none.
    private struct Plan {
        var fields: PlainFields
        var columns: [Int]
    }

    /// What the archive must know of an event beside its columns.
    struct Facts {
        var eventTime: Int64?
        /// The user whom the event erases, in the event's bytes.
        var erasedUser: Range<Int>?
    }

    let columns: ArchiveColumns
    /// The writers' schemas that were registered, as JSON.
    private(set) var texts: [Int32: String] = [:]
    /// Those of them that are of what is left of erased viewers' records.
    private(set) var residues = ResidueSchemas()
    private var plans: [Int32: Plan] = [:]
    /// Where the value of each column is; empty for null, as every value takes a byte at least.
    private var found: [Range<Int>]
    private let timeColumn: Int?
    private let typeColumn: Int?
    private let userColumn: Int?
    private let erasure: [UInt8]

    init(columns: ArchiveColumns) {
        self.columns = columns
        found = .init(repeating: 0..<0, count: columns.names.count)
        timeColumn = columns.names.firstIndex(of: "timestamp")
        typeColumn = columns.names.firstIndex(of: "event_type")
        userColumn = columns.names.firstIndex(of: "user_id")
        erasure = .init(EventType.userErased.rawValue.utf8)
    }

    /// True where `register` was called for the id.
    func knows(_ schemaID: Int32) -> Bool { texts[schemaID] != nil }

    /// Notes a writer's schema; a text that is no schema of a record leaves the columns of its events null.
    mutating func register(_ schemaID: Int32, _ text: String) {
        texts[schemaID] = text
        do throws(AvroError) {
            let parsed = try ParsedSchema(json: text)
            guard case .record(let record) = parsed.root else { return }
            residues.note(schemaID, record)
            let fields = PlainFields(record.fields.map(\.schema), of: parsed)
            let places = fields.indices.map { place in
                let column = columns.names.firstIndex(of: record.fields[place].name) ?? -1
                return column >= 0 && columns.forms[column] == fields.form(place) ? column : -1
            }
            plans[schemaID] = Plan(fields: fields, columns: places)
        } catch {
            return
        }
    }

    /// Bytes that the columns of an event take at most: each has its branch, a byte, and none holds what another one holds.
    func byteCountMax(of value: UnsafeRawBufferPointer) -> Int { found.count + value.count }

    /// Writes the columns of the event in Confluent wire format.
    mutating func copy(_ value: UnsafeRawBufferPointer, schemaID: Int32?, to output: inout AvroCursor) -> Facts {
        for index in found.indices { found[index] = 0..<0 }
        guard let schemaID, let plan = plans[schemaID], find(value, plan) else {
            for _ in found.indices { output.long(0) }
            return Facts()
        }
        for range in found {
            output.long(range.isEmpty ? 0 : 1)
            output.encoded(UnsafeRawBufferPointer(rebasing: value[range]))
        }
        return facts(value)
    }

    private mutating func find(_ value: UnsafeRawBufferPointer, _ plan: Plan) -> Bool {
        var reader = AvroReader(value, offset: 5, end: value.count)
        var start = 0
        for place in plan.fields.indices {
            switch plan.fields.step(place, &reader, start: &start) {
            case .damaged: return false
            case .null: continue
            case .value: if plan.columns[place] >= 0 { found[plan.columns[place]] = start..<reader.offset }
            }
        }
        return reader.remaining == 0
    }

    private func facts(_ value: UnsafeRawBufferPointer) -> Facts {
        var facts = Facts()
        if let timeColumn, !found[timeColumn].isEmpty {
            var reader = AvroReader(value, offset: found[timeColumn].lowerBound, end: found[timeColumn].upperBound)
            facts.eventTime = reader.readLong()
        }
        if let type = text(typeColumn, value), value[type].elementsEqual(erasure) { facts.erasedUser = text(userColumn, value) }
        return facts
    }

    private func text(_ column: Int?, _ value: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let column, !found[column].isEmpty else { return nil }
        var reader = AvroReader(value, offset: found[column].lowerBound, end: found[column].upperBound)
        return reader.readBytes()
    }
}
