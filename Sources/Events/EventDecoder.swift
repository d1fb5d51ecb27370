// hot path

internal import Avro

/// Turns the Avro records of the log into `Event`s by Avro's rules of schema resolution, without an allocation for an event.
///
/// Each writer's schema is compiled once, when it is registered, to steps from the writer's fields to the slots of `Event`.
/// A decoder is a value: jobs keep one each.
package struct EventDecoder: Sendable {
    /// A compiled way to one event type: its steps. The event with our defaults that it starts from stands in `templates`.
    struct Program: Sendable, BitwiseCopyable {
        var start: Int
        var end: Int
        /// False where the writer's schema cannot be read as this type.
        var isUsable = true

        static let unusable = Program(start: 0, end: 0, isUsable: false)
    }

    /// What is known of a writer's schema.
    struct Plan: Sendable, BitwiseCopyable {
        enum Choice: UInt8 {
            /// The record's name tells the type: one program.
            case byName
            /// The field `event_type` tells the type: a program that reads it, then one for each of `EventType.allCases`.
            case byField
            case incompatible
        }
        var choice: Choice
        var firstProgram = 0
    }

    let schemas: EventSchemas
    let names = EventTypeNames()
    var plans: [Int32: Plan] = [:]
    /// The plans of small ids by id, which is where registries begin: a hash less an event.
    var plansOfSmallIDs: [Plan?] = []
    static let smallIDCount = 1024
    var programs: [Program] = []
    /// By program.
    var templates: [Event] = []
    var steps: [DecodeStep] = []
    var incompatibilities: [Int32: String] = [:]

    /// A decoder that knows no writer yet.
    package init(schemas: EventSchemas) { self.schemas = schemas }

    /// True where `register` was called for the id.
    package func knows(_ schemaID: Int32) -> Bool { plans[schemaID] != nil }

    /// Decodes the record whose value is the slice `value` of `bytes` (Confluent wire format).
    ///
    /// The texts of `event` are slices of `bytes`, well-formed UTF-8 and within their bounds. Its `partition`, `offset` and
    /// `appendTime` are left as they are; the rest of it is of no use unless the result is `.event`.
    package func decode(_ bytes: UnsafeRawBufferPointer, _ value: Slice, into event: inout Event) -> DecodeResult {
        let range = value.range
        precondition(range.upperBound <= bytes.count, "the value lies outside the batch")
        guard range.count >= 5, bytes[range.lowerBound] == 0 else { return .undecodable(.foreignFormat) }
        let schemaID = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound + 1, as: Int32.self))
        guard let plan = plan(of: schemaID) else { return .unknownSchema(schemaID) }
        let reader = AvroReader(bytes, offset: range.lowerBound + 5, end: range.upperBound)
        switch plan.choice {
        case .incompatible: return .undecodable(.incompatibleSchema)
        case .byName: return run(plan.firstProgram, reader, &event)
        case .byField:
            var probe = DecodeRun(reader: reader)
            let program = programs[plan.firstProgram]
            guard steps.withUnsafeBufferPointer({ probe.run($0, program, into: &event) }) == nil else {
                return .undecodable(.malformedAvro)
            }
            guard let type = probe.typeRange.flatMap({ names.index(of: UnsafeRawBufferPointer(rebasing: bytes[$0])) }) else {
                return .undecodable(.unknownEventType)
            }
            return run(plan.firstProgram + 1 + type, reader, &event)
        }
    }

    @inline(__always)
    private func plan(of schemaID: Int32) -> Plan? {
        let index = Int(schemaID)
        return plansOfSmallIDs.indices.contains(index) ? plansOfSmallIDs[index] : plans[schemaID]
    }

    @inline(__always)
    private func run(_ index: Int, _ reader: AvroReader, _ event: inout Event) -> DecodeResult {
        let program = programs[index]
        guard program.isUsable else { return .undecodable(.incompatibleSchema) }
        let place = (event.partition, event.offset, event.appendTime)
        event = templates[index]
        (event.partition, event.offset, event.appendTime) = place
        var run = DecodeRun(reader: reader)
        let fault = steps.withUnsafeBufferPointer { run.run($0, program, into: &event) }
        return fault.map { .undecodable($0) } ?? .event
    }
}

/// The names of the event types as bytes, to find a type without a string.
struct EventTypeNames: Sendable {
    private let bytes: [UInt8]
    private let slices: [Slice]

    init() {
        var bytes: [UInt8] = []
        slices = EventType.allCases.map { type in
            bytes += type.rawValue.utf8
            return Slice(offset: bytes.count - type.rawValue.utf8.count, count: type.rawValue.utf8.count)
        }
        self.bytes = bytes
    }

    /// The index in `EventType.allCases` of the type of that name.
    func index(of name: UnsafeRawBufferPointer) -> Int? {
        for index in slices.indices where Int(slices[index].count) == name.count {
            if bytes[slices[index].range].elementsEqual(name) { return index }
        }
        return nil
    }
}
