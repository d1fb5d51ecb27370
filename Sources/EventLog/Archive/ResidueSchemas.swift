internal import Avro
internal import Events

/// Tells what is left of erased viewers' records from all other records: it has no key, and was written by a schema of that name.
struct ResidueSchemas {
    private var ids: Set<Int32> = []

    init() {}

    /// Of these schemas by id, as JSON.
    init(_ texts: [Int32: String]) {
        for (id, text) in texts {
            guard let schema = try? ParsedSchema(json: text), case .record(let record) = schema.root else { continue }
            note(id, record)
        }
    }

    mutating func note(_ schemaID: Int32, _ record: RecordSchema) {
        if EventType(recordName: record.name) == .erasedResidue { ids.insert(schemaID) }
    }

    func isResidue(_ record: RecordBatch.Record, schemaID: Int32?) -> Bool {
        record.key.isEmpty && schemaID.map(ids.contains) ?? false
    }
}
