import FeatureStore
import Testing

extension StoreTests {
    @Suite struct NamespaceRegistryTests {
        @Test func aNamespaceKeepsTheDefinitionThatItBeganWith() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            let first = try store.namespaceRegistry(first: "main", definition: 7)
            #expect(first.entries == ["main": .init(state: .live, definition: 7)] && first.serving == "main")
            #expect(try store.namespaceRegistry(first: "other", definition: 9) == first)
            try store.set(.init(state: .building, origins: "o", definition: 8), of: "v2")
            let entry = NamespaceRegistry.Entry(state: .live, origins: "o", handover: "h", definition: 8)
            let switches = try [
                store.switchServing(from: "other", to: "v2", entry), store.switchServing(from: "main", to: "v2", entry),
            ]
            #expect(switches == [false, true])
            let second = try store.namespaceRegistry(first: "main", definition: 9)
            #expect(second.serving == "v2" && second.entries["v2"] == entry && second.entries["main"]?.definition == 7)
        }

        /// As programs without definitions have written them, and as a server leaves them that dies in its first start.
        @Test func olderEntriesAreOfTheFirstDefinitionAndAMissingOneIsMade() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            try fixture.command("HSET", "recs:registry", "serving", "main", "namespace.main", "live||-")
            let found = try store.namespaceRegistry(first: "main", definition: 7)
            #expect(found.entries == ["main": .init(state: .live, handover: "-", definition: 0)])
            try fixture.command("HDEL", "recs:registry", "namespace.main")
            #expect(try store.namespaceRegistry(first: "other", definition: 7).entries == ["main": .init(state: .live, definition: 7)])
            try fixture.command("HSET", "recs:registry", "namespace.main", "live|||7|new")
            #expect(failureKind { () throws(StoreError) in _ = try store.namespaceRegistry(first: "main", definition: 7) } != nil)
        }
    }
}
