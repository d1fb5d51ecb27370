import EventLog
import Events
import Jobs
import Testing

@testable import Service

@Suite struct RecordDecoderTests {
    @Test func aMissingSchemaIsAskedForOnceForTheRecordsInHand() async throws {
        let box = try await LetterBox()
        let registry = box.foundations.registry
        var value = try box.search("q", of: "ann")
        let ours = try #require(try registry.schemaBlocking(id: Int32(value[4])))
        let theirs = try await registry.register(subject: "probe", schema: #"{"type":"record","name":"Probe","fields":[]}"#) + 1
        value[4] = UInt8(theirs)
        var decoder = RecordDecoder(EventDecoder(schemas: box.foundations.schemas), registry)
        func decode() throws -> DeadLetterReason? {
            var event = Event(type: .seek)
            return try value.withUnsafeBytes {
                try decoder.decode($0, Slice(offset: 0, count: value.count), into: &event)
            }
        }
        #expect(try decode() == .unknownSchema)
        // As where a producer sends its first records by a schema that somebody had named before it was there.
        #expect(try await registry.register(subject: "theirs", schema: #"{"remark":"theirs",\#(ours.dropFirst())"#) == theirs)
        #expect(try decode() == .unknownSchema, "what was read before was sent by no schema")
        decoder.noteRecordsRead()
        #expect(try decode() == nil)
        await box.close()
    }
}
