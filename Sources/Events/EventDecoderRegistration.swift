package import Avro

extension EventDecoder {
    /// Compiles the way from a writer's schema to ours. One that cannot be read as an event is known from then on as incompatible.
    ///
    /// The record's name tells the event type; where it is none, the field `event_type` of each value does.
    package mutating func register(_ schemaID: Int32, writer: ParsedSchema) {
        guard plans[schemaID] == nil else { return }
        do throws(DecodeCompiler.Incompatibility) {
            guard case .record(let record) = writer.root else { throw .init(reason: "the schema is no record") }
            if let type = EventType(recordName: record.name) {
                let program = try compile(writer, record, as: type)
                note(schemaID, Plan(choice: .byName, firstProgram: programs.count))
                keep([program])
            } else {
                try registerByField(schemaID, writer, record)
            }
        } catch {
            note(schemaID, Plan(choice: .incompatible))
            incompatibilities[schemaID] = error.reason
        }
    }

    /// Why a registered schema cannot be read as an event, or not as some types of events; nil where it can.
    package func incompatibility(of schemaID: Int32) -> String? { incompatibilities[schemaID] }

    private mutating func compile(
        _ writer: ParsedSchema, _ record: RecordSchema, as type: EventType
    ) throws(DecodeCompiler.Incompatibility) -> Compiled {
        var compiler = DecodeCompiler(writer: writer, base: steps.count)
        let template = try compiler.compile(record, as: type, fields: schemas.fields(of: type))
        return add(compiler.steps, template)
    }

    private mutating func registerByField(
        _ schemaID: Int32, _ writer: ParsedSchema, _ record: RecordSchema
    ) throws(DecodeCompiler.Incompatibility) {
        var probe = DecodeCompiler(writer: writer, base: steps.count)
        try probe.compileProbe(record)
        var compiled: [Compiled] = [add(probe.steps, Event(type: .playStart))]
        for type in EventType.allCases {
            do throws(DecodeCompiler.Incompatibility) {
                compiled.append(try compile(writer, record, as: type))
            } catch {
                incompatibilities[schemaID, default: ""] += "\(type.rawValue): \(error.reason). "
                compiled.append(Compiled(program: .unusable, template: Event(type: type)))
            }
        }
        note(schemaID, Plan(choice: .byField, firstProgram: programs.count))
        keep(compiled)
    }

    private mutating func add(_ compiled: [DecodeStep], _ template: Event) -> Compiled {
        let start = steps.count
        steps += compiled
        return Compiled(program: Program(start: start, end: steps.count), template: template)
    }

    private mutating func keep(_ compiled: [Compiled]) {
        programs += compiled.map(\.program)
        templates += compiled.map(\.template)
    }

    private mutating func note(_ schemaID: Int32, _ plan: Plan) {
        plans[schemaID] = plan
        let index = Int(schemaID)
        guard (0..<Self.smallIDCount).contains(index) else { return }
        while plansOfSmallIDs.count <= index { plansOfSmallIDs.append(nil) }
        plansOfSmallIDs[index] = plan
    }

    /// A program and the event that it starts from.
    private struct Compiled {
        var program: Program
        var template: Event
    }
}
