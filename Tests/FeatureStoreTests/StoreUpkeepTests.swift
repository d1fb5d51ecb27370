import FeatureStore
import Features
import Testing

extension StoreTests {
    @Suite struct StoreUpkeepTests {
        @Test(arguments: StoreKind.allCases) func dropsANamespaceAndLeavesOthersAlone(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            let other = Keys(namespace: "main2")
            for keys in [fixture.keys, other] {
                try store.register(keys)
                var batch = WriteBatch(keys: keys, topic: "play", partition: 0)
                for index in 0..<2500 {
                    let bucket = keys.bucket(user: UserID("u\(index)"), partition: 0)
                    batch.append(user: "u\(index)", bucket: bucket, expected: nil, value: value(1))
                }
                #expect(try store.commit(batch) == [])
            }
            #expect(try store.namespaces() == ["main", "main2"])
            #expect(try store.dropNamespace(fixture.keys) == 2500)
            #expect(try store.namespaces() == ["main2"])
            var left = 0
            try store.forEachKeys(prefix: Array("recs:".utf8)) { (keys) throws(StoreError) in left += keys.count }
            #expect(left == 2501)
        }

        @Test(arguments: StoreKind.allCases) func findsKeysByTheLetterOfThePrefix(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            for key in ["a*b1", "a*b2", "axb", "a[b"] { try fixture.command("SET", key, "1") }
            var found: Set<[UInt8]> = []
            try store.forEachKeys(prefix: Array("a*".utf8)) { (keys) throws(StoreError) in found.formUnion(keys) }
            #expect(found == [Array("a*b1".utf8), Array("a*b2".utf8)])
            #expect(try store.values([Array("axb".utf8), Array("no".utf8)]) == [Array("1".utf8), nil])
        }

        @Test func reportsSettingsThatLoseFeatures() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            #expect(try store.settingsProblems() == [])
            try fixture.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            try fixture.command("CONFIG", "SET", "appendonly", "no")
            let problems = try store.settingsProblems()
            #expect(problems.count == 2)
            #expect(problems[0].contains("maxmemory-policy is allkeys-lru"))
            #expect(problems[1].contains("CONFIG SET appendonly yes"))
        }
    }
}
