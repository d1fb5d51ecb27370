import Avro
import EventLog
import Events
import Foundation

/// What a person sees of one dead letter.
package struct LetterView: Encodable, Sendable {
    /// One thing that is wrong with the event, as the gateway would have said it.
    package struct Problem: Encodable, Sendable {
        package var path: String
        package var code: String
        package var found: String
        package var message: String
    }

    package var id: String
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// Why its job gave it up.
    package var reason: String
    package var detail: String
    /// Milliseconds since 1970.
    package var at: Int64
    package var user: String
    package var byteCount: Int
    package var base64: String
    package var hex: String
    package var schemaID: Int32?
    /// The event by its writer's schema, as a line of JSON; nil where the registry does not have that, or it does not fit.
    package var event: String?
    /// Why it would be refused now; nil where it could be redriven.
    package var refusedNow: String?
    package var refusedDetail: String?
    package var problems: [Problem]
    /// `intended`, `done` or `erased` where it was redriven.
    package var redriven: String?
}

extension UInt8 {
    /// Two hexadecimal digits.
    var hex: Substring { String(UInt16(self) | 0x100, radix: 16).dropFirst() }
}

extension LetterView {
    /// Looks at the letter with the schemas and the program of now.
    package init(_ letter: DeadLetter, of letters: DeadLetters, _ check: inout LetterCheck, now: Int64) throws {
        id = letter.id
        topic = letter.origin.topic.name
        partition = letter.origin.partition
        offset = letter.origin.offset
        reason = letter.reason
        detail = letter.detail
        at = letter.at
        user = String(decoding: letter.key, as: UTF8.self)
        byteCount = letter.value.count
        base64 = Data(letter.value).base64EncodedString()
        hex = letter.value.map(\.hex).joined()
        schemaID = letter.value.withUnsafeBytes { EventRenderer.schemaID(of: $0) }
        let writer = try check.writer(of: letter.value)
        event = writer.flatMap { writer in letter.value.withUnsafeBytes { try? EventRenderer.line($0, writer: writer) } }
        problems = event.map { LetterView.problems(of: $0, letters.foundations, now: now) } ?? []
        if case .refused(let reason, let detail) = try check.verdict(letter, now: now) {
            refusedNow = reason
            refusedDetail = detail
        } else {
            problems = []
        }
        redriven = try letters.redriven()[letter.origin]?.state.rawValue
    }

    /// The gateway's opinion of the event, less what only the gateway asks for.
    private static func problems(of event: String, _ foundations: Foundations, now: Int64) -> [Problem] {
        var encoder = GatewayEncoder(schemas: foundations.schemas, schemaIDs: foundations.schemaIDs, limits: GatewayLimits())
        var output = EncodedEvents()
        let isJSON = Array(event.utf8).withUnsafeBytes { body in
            (try? encoder.encode(body, format: .json, now: now, into: &output)) != nil
        }
        guard isJSON, case .refused(let problems)? = output.verdicts.first else { return [] }
        return problems.filter { $0.code != "unknown_field" && $0.path != "$.event_type" }.map {
            Problem(path: $0.path, code: $0.code, found: $0.found, message: $0.message)
        }
    }
}
