import Avro
import Events
import Foundation
import TestSupport
import Testing

@Suite struct InternalEventTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// Bytes that are no text.
    private static let data: [UInt8] = [0xff, 0, 0xc3, 0x28]

    /// Every internal event written once, with its type.
    private func writeAll() throws -> (bytes: [UInt8], records: [(EventType, InternalEventWriter.Record)]) {
        let writer = try InternalEventWriter(schemas: fixture.schemas, schemaIDs: Fixture.schemaIDs)
        let id = EventID(topic: .play, partition: 3, offset: 99, index: 1)
        var bytes: [UInt8] = [1, 2, 3]
        var records: [(EventType, InternalEventWriter.Record)] = []
        records.append((.userErased, writer.userErased(id: id, user: "u1", timestamp: Fixture.now, into: &bytes)))
        for (title, segment) in [("t1", "drama"), (nil, nil)] as [(String?, String?)] {
            let record = writer.abTestAssignment(
                id: id, user: "ü1", region: "SEA", timestamp: Fixture.now, test: "poster", variant: "b", title: title, segment: segment,
                propensity: 0.5, into: &bytes)
            records.append((.abTestAssignment, record))
        }
        let texts = Array("u1posterbdrama".utf8)
        texts.withUnsafeBytes { text in
            func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: text[range]) }
            let header = InternalEventWriter.Header(id: id, timestamp: Fixture.now, user: part(0..<2))
            let (test, variant, segment) = (part(2..<8), part(8..<9), part(9..<14))
            records.append(
                (
                    .attributionImpression,
                    writer.attributionImpression(header, test: test, variant: variant, sourceOffset: 1 << 42, into: &bytes)
                ))
            records.append((.attributionPlay, writer.attributionPlay(header, test: test, sourceOffset: 0, into: &bytes)))
            records.append(
                (
                    .attributionAssignment,
                    writer.attributionAssignment(header, test: test, variant: variant, segment: segment, sourceOffset: 77, into: &bytes)
                )
            )
            let letter = writer.deadLetter(
                header, source: .quality, partition: 5, offset: 1 << 40, reason: "malformed_avro", detail: part(0..<0), value: text,
                into: &bytes)
            records.append((.deadLetter, letter))
            let nobody = InternalEventWriter.Header(id: id, timestamp: Fixture.now, user: part(0..<0))
            records.append((.definitionsChanged, writer.definitionsChanged(nobody, version: 1 << 41, into: &bytes)))
            Self.data.withUnsafeBytes { data in
                let residue = writer.erasedResidue(nobody, outcome: "dead_lettered", bucket: 3, effects: data, into: &bytes)
                records.append((.erasedResidue, residue))
                records.append((.userErased, writer.userErased(header, recentIDs: data, into: &bytes)))
            }
        }
        let erased = writer.userErased(id: id, user: "u1", timestamp: Fixture.now, sourceOffsets: [1 << 40, 0, -1], into: &bytes)
        records.append((.userErased, erased))
        return (bytes, records)
    }

    @Test func internalEventsComeBack() throws {
        let (bytes, records) = try writeAll()
        let decoder = fixture.decoder()
        for (type, record) in records {
            var event = Event(type: .seek)
            let result = bytes.withUnsafeBytes { decoder.decode($0, record.value, into: &event) }
            #expect(result == .event, "\(type)")
            #expect(event.type == type && event.timestamp == Fixture.now)
            #expect(event.id == EventID(topic: .play, partition: 3, offset: 99, index: 1))
            #expect(bytes.text(event.user) == bytes.text(record.key))
        }
        var event = Event(type: .seek)
        _ = bytes.withUnsafeBytes { decoder.decode($0, records[5].1.value, into: &event) }
        #expect(bytes.text(event.text) == "poster" && bytes.text(event.detail) == "b" && bytes.text(event.segment) == "drama")
        _ = bytes.withUnsafeBytes { decoder.decode($0, records[7].1.value, into: &event) }
        #expect(event.number == 1 << 41 && event.user.isEmpty && records[7].1.key.isEmpty)
        _ = bytes.withUnsafeBytes { decoder.decode($0, records[8].1.value, into: &event) }
        #expect(bytes.text(event.text) == "dead_lettered" && event.number == 3 && Array(bytes[event.detail.range]) == Self.data)
        #expect(event.user.isEmpty && records[8].1.key.isEmpty)
        _ = bytes.withUnsafeBytes { decoder.decode($0, records[9].1.value, into: &event) }
        #expect(bytes.text(event.user) == "u1" && Array(bytes[event.detail.range]) == Self.data)
        _ = bytes.withUnsafeBytes { decoder.decode($0, records[0].1.value, into: &event) }
        #expect(event.detail.isEmpty)
        let numbers = [3, 4, 5].map { place in
            _ = bytes.withUnsafeBytes { decoder.decode($0, records[place].1.value, into: &event) }
            return event.number
        }
        #expect(numbers == [1 << 42, 0, 77])
        _ = bytes.withUnsafeBytes { decoder.decode($0, records[10].1.value, into: &event) }
        var list: [UInt8] = []
        for number in [3, 1 << 40, 0, -1, 0] as [Int64] { AvroWriter.long(number, into: &list) }
        #expect(Array(bytes[event.list.range]) == list)
    }

    /// What was written before there were source offsets is read as one that tells none.
    @Test func whatAnOlderWriterLacksIsNotTold() throws {
        let (bytes, records) = try writeAll()
        var decoder = fixture.decoder()
        for (place, field, bytesOfField) in [(0, "source_offsets", 1), (4, "source_offset", 1), (5, "source_offset", 2)] {
            let (type, record) = records[place]
            var schema = try JSONSerialization.jsonObject(with: Data(Fixture.source(type).utf8)) as? [String: Any] ?? [:]
            let fields = schema["fields"] as? [[String: Any]] ?? []
            schema["fields"] = fields.filter { $0["name"] as? String != field }
            let json = String(decoding: try JSONSerialization.data(withJSONObject: schema), as: UTF8.self)
            decoder.register(Int32(500 + place), writer: try ParsedSchema(json: json))
            let body = bytes[record.value.range].dropFirst(5).dropLast(bytesOfField)
            let (result, event) = decoder.decode([0, 0, 0, 1, 0xf4 + UInt8(place)] + body)
            #expect(result == .event && event.type == type, "\(type)")
            #expect(event.number == (type == .userErased ? Event.absent : -1) && event.list.isEmpty, "\(type)")
        }
    }

    @Test func fastavroReadsInternalEvents() throws {
        let (bytes, records) = try writeAll()
        try FastAvro.check(records.map { ($0.0, Array(bytes[$0.1.value.range]), nil) }, schemas: fixture.schemas)
    }

    @Test func recordsAreShownAsOneLineOfJSON() throws {
        let (bytes, records) = try writeAll()
        for (type, record) in records {
            let line = try Array(bytes[record.value.range]).withUnsafeBytes { try EventRenderer.line($0, writer: fixture.schemas[type]) }
            #expect(!line.contains("\n"))
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["event_type"] as? String == type.rawValue)
        }
        let value = try fixture.encode(Examples.event(.searchQuery)).values[0]
        let line = try value.withUnsafeBytes { try EventRenderer.line($0, writer: fixture.schemas[.searchQuery]) }
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["query"] as? String == "häuser \"am\" Meer 🌊 🌊é\n")
        #expect(value.withUnsafeBytes { EventRenderer.schemaID(of: $0) } == Fixture.schemaIDs[.searchQuery])
        #expect(throws: EventError.self) {
            try [UInt8]([0, 0, 0, 0, 1]).withUnsafeBytes { try EventRenderer.line($0, writer: fixture.schemas[.seek]) }
        }
    }

    @Test func aSchemaWithOtherFieldsIsRefused() throws {
        let sources = try EventType.allCases.map(Fixture.source).map { $0.replacingOccurrences(of: "source_offset", with: "offset") }
        let schemas = try EventSchemas(sources: sources)
        #expect(throws: EventError.self) { try InternalEventWriter(schemas: schemas, schemaIDs: Fixture.schemaIDs) }
    }
}

@Suite struct EventIDTests {
    @Test func textComesBack() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<1000 {
            let id = EventID(high: random.next(), low: random.next())
            let text = UUID(uuid: withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { $0.load(as: uuid_t.self) }).uuidString
            #expect(id.text == text.lowercased())
            #expect(Array(text.utf8).withUnsafeBytes { EventID(text: $0) } == id)
        }
    }

    @Test func derivedIDsAreDistinctUUIDsOfVersionEight() {
        var ids: Set<EventID> = []
        let offsets: [Int64] = [0, 1, 4095, 1 << 32, 1 << 61, (1 << 62) - 1]
        for topic in Topic.allCases {
            for partition: Int32 in [0, 1, 511, .max] {
                for offset in offsets {
                    for index in [0, 1, 4095, 4096, (1 << 21) - 1] {
                        let id = EventID(topic: topic, partition: partition, offset: offset, index: index)
                        #expect(id.high >> 12 & 0xf == 8 && id.low >> 62 == 2)
                        ids.insert(id)
                    }
                }
            }
        }
        #expect(ids.count == Topic.allCases.count * 4 * offsets.count * 5)
        #expect(EventID(topic: .search, partition: 2, offset: 3, index: 4).text == "01000000-0400-8004-8000-000000000003")
    }
}
