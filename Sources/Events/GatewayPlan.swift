internal import Avro

/// What the gateway needs of the schemas to write events, flat and trivial: compiled once, read for every event.
struct GatewayPlan: Sendable {
    struct Field: BitwiseCopyable {
        var name: Slice
        var kind: FieldKind
        var rule: FieldRule
        /// The union branch of null, or -1 where null is no value of the field.
        var nullBranch: Int8
        var byteCountMax: Int
        /// The encoded default, empty where the field must be given.
        var fallback: Slice
    }

    struct Record: BitwiseCopyable {
        var name: Slice
        var topic: Topic
        var schemaID: Int32
        var firstField: Int
        var fieldCount: Int
    }

    /// Names of fields and records, and encoded defaults.
    private(set) var bytes: [UInt8] = []
    private(set) var fields: [Field] = []
    /// One of each public type; the last has the common fields only, for events whose type is not known.
    private(set) var records: [Record] = []

    var commonRecord: Int { records.count - 1 }
    var fieldCountMax: Int { records.reduce(0) { max($0, $1.fieldCount) } }

    /// Every public type must have its schema's id.
    init(schemas: EventSchemas, schemaIDs: [EventType: Int32], limits: GatewayLimits) {
        for type in EventType.allCases where type.isPublic {
            guard let topic = type.topic, let schemaID = schemaIDs[type] else {
                preconditionFailure("no schema id for \(type.rawValue): register the schemas first")
            }
            add(type, topic, schemaID, schemas.fields(of: type), limits)
        }
        let common = schemas.fields(of: .playStop).filter { EventSchemas.isCommon($0.name) }
        add(.playStop, .play, 0, common, limits)
    }

    private mutating func add(_ type: EventType, _ topic: Topic, _ schemaID: Int32, _ fields: [Avro.Field], _ limits: GatewayLimits) {
        let firstField = self.fields.count
        for field in fields {
            guard let shape = FieldShape(field.schema) else {
                preconditionFailure("\(type.rawValue).\(field.name): checked by EventSchemas")
            }
            let rule = FieldRule(type: type, field: field.name)
            self.fields.append(
                Field(
                    name: append(Array(field.name.utf8)), kind: shape.kind, rule: rule, nullBranch: Int8(shape.nullBranch ?? -1),
                    byteCountMax: rule.byteCountMax(other: limits.textBytesMax),
                    fallback: append(field.fallback.flatMap(shape.encode) ?? [])))
        }
        records.append(
            Record(
                name: append(Array(type.rawValue.utf8)), topic: topic, schemaID: schemaID, firstField: firstField, fieldCount: fields.count)
        )
    }

    private mutating func append(_ text: [UInt8]) -> Slice {
        bytes += text
        return Slice(offset: bytes.count - text.count, count: text.count)
    }
}
