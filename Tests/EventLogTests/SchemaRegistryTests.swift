import Avro
import EventLog
import Foundation
import TestSupport
import Testing

/// The registries must behave alike; the HTTP one is tested against a small server that answers from Confluent's documentation.
@Suite struct SchemaRegistryTests {
    private static let first = #"{"type":"record","name":"play","fields":[{"name":"title","type":"string"}]}"#
    private static let second = #"""
        {"type":"record","name":"play","fields":[{"name":"title","type":"string"},{"name":"row","type":"string","default":""}]}
        """#
    private static let breaking = #"{"type":"record","name":"play","fields":[{"name":"minutes","type":"long"}]}"#

    @Test(arguments: RegistryKind.allCases)
    func aSchemaKeepsItsID(kind: RegistryKind) async throws {
        try await withRegistry(kind) { registry in
            let id = try await registry.register(subject: "play_events-play", schema: Self.first)
            let again = try await registry.register(subject: "play_events-play", schema: Self.first)
            let spaced = Self.first.replacingOccurrences(of: ":", with: " : ")
            let elsewhere = try await registry.register(subject: "other-play", schema: spaced)
            #expect(again == id && elsewhere == id)
            let versions = try await registry.versions(subject: "play_events-play")
            #expect(versions == [1])
            let subjects = try await registry.subjects()
            #expect(subjects == ["other-play", "play_events-play"])
        }
    }

    @Test(arguments: RegistryKind.allCases)
    func compatibleSchemasBecomeVersions(kind: RegistryKind) async throws {
        try await withRegistry(kind) { registry in
            let old = try await registry.register(subject: "s", schema: Self.first)
            let new = try await registry.register(subject: "s", schema: Self.second)
            #expect(new != old)
            let versions = try await registry.versions(subject: "s")
            #expect(versions == [1, 2])
            let latest = try await registry.latest(subject: "s")
            #expect(latest == RegisteredSchema(subject: "s", version: 2, id: new, json: Self.second))
            let oldest = try await registry.version(subject: "s", 1)
            #expect(oldest?.id == old)
            let found = try await registry.lookup(subject: "s", schema: Self.first)
            #expect(found?.version == 1)
        }
    }

    @Test(arguments: RegistryKind.allCases)
    func incompatibleAndMalformedSchemasAreRefused(kind: RegistryKind) async throws {
        try await withRegistry(kind) { registry in
            _ = try await registry.register(subject: "s", schema: Self.first)
            let incompatible = await #expect(throws: RegistryError.self) {
                try await registry.register(subject: "s", schema: Self.breaking)
            }
            #expect(incompatible?.kind == .incompatible)
            let invalid = await #expect(throws: RegistryError.self) {
                try await registry.register(subject: "s", schema: #"{"type":"nothing"}"#)
            }
            #expect(invalid?.kind == .invalid)
            let versions = try await registry.versions(subject: "s")
            #expect(versions == [1])
        }
    }

    @Test(arguments: RegistryKind.allCases)
    func theLevelOfASubjectDecides(kind: RegistryKind) async throws {
        try await withRegistry(kind) { registry in
            let usual = try await registry.level(subject: "s")
            #expect(usual == .backward)
            try await registry.setLevel(.none, subject: "s")
            let level = try await registry.level(subject: "s")
            #expect(level == .none)
            _ = try await registry.register(subject: "s", schema: Self.first)
            _ = try await registry.register(subject: "s", schema: Self.breaking)
            let versions = try await registry.versions(subject: "s")
            #expect(versions == [1, 2])
        }
    }

    @Test(arguments: RegistryKind.allCases)
    func schemasAreFoundByIDFromTasksAndThreads(kind: RegistryKind) async throws {
        try await withRegistry(kind) { registry in
            let id = try await registry.register(subject: "s", schema: Self.first)
            let blocking = try await onOwnThread { try registry.schemaBlocking(id: id) }
            #expect(blocking == Self.first)
            let found = try await registry.schema(id: id)
            #expect(found == Self.first)
            let missing = try await registry.schema(id: id + 1000)
            #expect(missing == nil)
        }
    }

    @Test(arguments: RegistryKind.allCases)
    func unknownSubjectsHaveNothing(kind: RegistryKind) async throws {
        try await withRegistry(kind) { registry in
            let versions = try await registry.versions(subject: "nobody")
            let latest = try await registry.latest(subject: "nobody")
            let found = try await registry.lookup(subject: "nobody", schema: Self.first)
            #expect(versions.isEmpty && latest == nil && found == nil)
        }
    }

    @Test func theEmbeddedRegistryKeepsItsIDsOverARestart() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("registry.sqlite")
        let id = try await EmbeddedRegistry(path: path).register(subject: "s", schema: Self.first)
        let reopened = try EmbeddedRegistry(path: path)
        let again = try await reopened.register(subject: "s", schema: Self.first)
        let next = try await reopened.register(subject: "s", schema: Self.second)
        #expect(again == id && next == id + 1)
    }

    @Test func aRegistryThatDoesNotAnswerIsUnavailable() async throws {
        let registry = try HTTPRegistry(url: "http://127.0.0.1:\(freePort())", timeoutMilliseconds: 2000)
        let error = await #expect(throws: RegistryError.self) { try await registry.subjects() }
        #expect(error?.kind == .unavailable)
    }
}
