import Avro
import Events
import Foundation
import TestSupport
import Testing

@Suite struct SchemaTests {
    @Test func everyTypeHasASchemaFile() throws {
        let folder = Repository.root.appendingPathComponent("Data/schemas")
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.filter { $0.hasSuffix(".avsc") }
        #expect(Set(files ?? []) == Set(EventType.allCases.map(\.schemaPath)))
        _ = try Fixture()
    }

    @Test(arguments: EventType.allCases)
    func everyFieldIsDocumented(_ type: EventType) throws {
        let schemas = try Fixture().schemas
        guard case .record(let record) = schemas[type].root else {
            Issue.record("\(type) is no record")
            return
        }
        #expect(record.name == "recs.events.\(type.rawValue)")
        #expect(record.doc?.isEmpty == false)
        for field in record.fields {
            #expect((field.doc?.count ?? 0) > 10, "\(field.name)")
            if field.name.hasSuffix("_ms") { #expect(field.doc?.contains("in milliseconds") == true, "\(field.name)") }
            if field.name.hasSuffix("_kbps") { #expect(field.doc?.contains("in kilobits per second") == true, "\(field.name)") }
        }
    }

    @Test func namesAMissingSchema() throws {
        let sources = try EventType.allCases.filter { $0 != .seek }.map(Fixture.source)
        let error = #expect(throws: EventError.self) { try EventSchemas(sources: sources) }
        #expect(error?.description.contains("play_events/seek.avsc") == true)
    }

    @Test func refusesASchemaWithoutACommonField() throws {
        let sources = try EventType.allCases.map(Fixture.source).map { $0.replacingOccurrences(of: "\"region\"", with: "\"area\"") }
        #expect(throws: EventError.self) { try EventSchemas(sources: sources) }
    }
}
