import Events
import Foundation
import TestSupport

/// The schemas of the repository with ids 1, 2, … in the order of `EventType.allCases`, and what tests do with them.
struct Fixture {
    /// 2024-05-01T12:30:00Z: the gateway's clock in these tests.
    static let now: Int64 = 1_714_566_600_000
    static let schemaIDs = Dictionary(uniqueKeysWithValues: EventType.allCases.enumerated().map { ($1, Int32($0 + 1)) })

    let schemas: EventSchemas

    init() throws { schemas = try EventSchemas(sources: EventType.allCases.map(Self.source)) }

    static func source(_ type: EventType) throws -> String {
        try String(contentsOf: Repository.root.appendingPathComponent("Data/schemas/\(type.schemaPath)"), encoding: .utf8)
    }

    func encoder(_ limits: GatewayLimits = GatewayLimits()) -> GatewayEncoder {
        GatewayEncoder(schemas: schemas, schemaIDs: Self.schemaIDs, limits: limits)
    }

    /// A decoder that knows our own schemas as writers.
    func decoder() -> EventDecoder {
        var decoder = EventDecoder(schemas: schemas)
        for (type, id) in Self.schemaIDs { decoder.register(id, writer: schemas[type]) }
        return decoder
    }

    func encode(_ body: String, _ format: BodyFormat = .json) throws -> EncodedEvents {
        try encode(Array(body.utf8), format)
    }

    func encode(_ body: [UInt8], _ format: BodyFormat = .json, limits: GatewayLimits = GatewayLimits()) throws -> EncodedEvents {
        var output = EncodedEvents()
        var encoder = encoder(limits)
        try body.withUnsafeBytes { try encoder.encode($0, format: format, now: Self.now, into: &output) }
        return output
    }

    /// The problems of a body's events, event by event.
    func problems(_ body: String, _ format: BodyFormat = .json) throws -> [[FieldProblem]] {
        try encode(body, format).verdicts.map { verdict in
            if case .refused(let problems) = verdict { problems } else { [] }
        }
    }

    /// `path code` of all problems of a body.
    func faults(_ body: String, _ format: BodyFormat = .json) throws -> [String] {
        try problems(body, format).flatMap { $0 }.map { "\($0.path) \($0.code)" }
    }

    /// The error that the whole body is refused with, nil where it is not.
    func bodyError(_ body: [UInt8], _ format: BodyFormat = .json) -> BodyError? {
        do {
            _ = try encode(body, format)
            return nil
        } catch {
            return error as? BodyError
        }
    }
}

extension EncodedEvents {
    /// The values of the accepted events.
    var values: [[UInt8]] {
        verdicts.compactMap { verdict in
            if case .accepted(_, _, _, let value) = verdict { Array(bytes[value.range]) } else { nil }
        }
    }
}

extension EventDecoder {
    /// Decodes a buffer that is one value.
    func decode(_ value: [UInt8]) -> (result: DecodeResult, event: Event) {
        var event = Event(type: .seek)
        let result = value.withUnsafeBytes { decode($0, Slice(offset: 0, count: value.count), into: &event) }
        return (result, event)
    }
}

extension [UInt8] {
    func text(_ slice: Slice) -> String { String(decoding: self[slice.range], as: UTF8.self) }
}
