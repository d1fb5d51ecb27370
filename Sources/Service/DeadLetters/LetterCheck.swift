import Avro
import Catalog
import EventLog
import Events
import Jobs

/// Tells what would become of a dead letter's record if it came to its job now: with the schemas that are registered now, and by the job's
/// own engine.
package struct LetterCheck {
    package enum Verdict {
        /// The value to put on the topic: the record's own bytes, or, where these have no usable event id, the same event with one that is
        /// derived from the record's place.
        case usable([UInt8])
        case refused(reason: String, detail: String)
    }

    private let letters: DeadLetters
    private let catalog: Catalog
    private let identity: LetterIdentity
    private var decoder: EventDecoder
    private var schemas: [Int32: ParsedSchema] = [:]

    package init(_ letters: DeadLetters) throws {
        self.letters = letters
        catalog = try CatalogStore(control: letters.control).current
        identity = LetterIdentity(schemas: letters.foundations.schemas, schemaIDs: letters.foundations.schemaIDs)
        decoder = EventDecoder(schemas: letters.foundations.schemas)
    }

    /// `now` is the time of an append now, milliseconds since 1970.
    package mutating func verdict(_ letter: DeadLetter, now: Int64) throws -> Verdict {
        let first = try verdict(of: letter.value, letter, now: now)
        guard case .refused = first, let writer = try writer(of: letter.value),
            let value = identity.value(letter.value, origin: letter.origin, writer: writer)
        else { return first }
        let second = try verdict(of: value, letter, now: now)
        if case .usable = second { return second }
        return first
    }

    /// The schema that the value was written with, where the registry has it now.
    mutating func writer(of value: [UInt8]) throws -> ParsedSchema? {
        guard let id = value.withUnsafeBytes({ EventRenderer.schemaID(of: $0) }) else { return nil }
        if schemas[id] == nil { schemas[id] = try letters.schema(id) }
        return schemas[id]
    }

    private mutating func verdict(of value: [UInt8], _ letter: DeadLetter, now: Int64) throws -> Verdict {
        let bytes = letter.key + value
        let place = Slice(offset: letter.key.count, count: value.count)
        var event = Event(type: .seek)
        switch try decode(bytes, place, into: &event) {
        case .unknownSchema(let id):
            return .refused(reason: DeadLetterReason.unknownSchema.rawValue, detail: "the registry has no schema of id \(id)")
        case .undecodable(let why):
            return .refused(reason: why.rawValue, detail: try detail(of: why, value))
        case .event:
            event.appendTime = now
            guard let reason = refusal(of: event, bytes, value: place, letter) else { return .usable(value) }
            return .refused(reason: reason.rawValue, detail: detail(of: reason, event, bytes, letter))
        }
    }

    /// What is wrong with the bytes, and where; empty where a field's value is, which the letter's problems name.
    private mutating func detail(of why: Undecodable, _ value: [UInt8]) throws -> String {
        guard let id = value.withUnsafeBytes({ EventRenderer.schemaID(of: $0) }) else {
            let start = value.prefix(5).map(\.hex).joined(separator: " ")
            let found = value.isEmpty ? "the value is empty" : "the value begins with the bytes \(start)"
            return "\(found); Confluent wire format is a byte 00, four bytes of schema id, then Avro"
        }
        guard why != .incompatibleSchema, let writer = try writer(of: value) else { return decoder.incompatibility(of: id) ?? "" }
        do {
            _ = try value.withUnsafeBytes { try EventRenderer.decoded($0, writer: writer) }
            return ""
        } catch let error as EventError {
            return error.description
        }
    }

    private mutating func decode(_ bytes: [UInt8], _ place: Slice, into event: inout Event) throws -> DecodeResult {
        let result = bytes.withUnsafeBytes { decoder.decode($0, place, into: &event) }
        guard case .unknownSchema(let id) = result, let schema = try schemas[id] ?? letters.schema(id) else { return result }
        decoder.register(id, writer: schema)
        return bytes.withUnsafeBytes { decoder.decode($0, place, into: &event) }
    }

    /// What an engine that knows nobody says: an operator's reason depends on the event alone.
    private func refusal(of event: Event, _ bytes: [UInt8], value: Slice, _ letter: DeadLetter) -> DeadLetterReason? {
        let engine = makeEngine(
            EngineStart(
                topic: letter.origin.topic, partition: 0, generation: 1,
                definition: Definition(version: 0, settings: letters.configuration.jobs, catalog: catalog), markers: [nil], titleMarker: nil
            ))
        var batch = EventBatch()
        batch.append(event, key: Slice(offset: 0, count: letter.key.count), value: value, fault: nil)
        bytes.withUnsafeBytes { bytes in
            _ = engine.missingUsers(of: batch, bytes: bytes)
            _ = engine.process(batch, bytes: bytes)
        }
        for case .deadLetter(_, _, let reason, _) in engine.takeEmissions() { return reason }
        return nil
    }

    private func detail(of reason: DeadLetterReason, _ event: Event, _ bytes: [UInt8], _ letter: DeadLetter) -> String {
        func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
        return switch reason {
        case .keyMismatch: "the record's key is `\(String(decoding: letter.key, as: UTF8.self))` and its user_id `\(text(event.user))`"
        case .wrongTopic: "\(event.type.rawValue) does not belong on \(letter.origin.topic.name)"
        case .badRegion: "the region is `\(text(event.region))`, longer than 8 bytes"
        case .futureTimestamp: "it happens on \(InstantText.text(event.timestamp)), more than 5 minutes from now"
        case .absurdTimestamp: "its timestamp is \(event.timestamp)"
        case .badValue where letter.key.isEmpty: "the record has no key, or one that is not UTF-8"
        case .undecodable, .unknownSchema, .badEventID, .badValue: ""
        }
    }
}
