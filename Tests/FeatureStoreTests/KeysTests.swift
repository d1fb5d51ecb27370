import Features
import Testing

@testable import FeatureStore

@Suite struct KeysTests {
    let keys = Keys(namespace: "main")

    /// Vectors of http://www.isthe.com/chongo/src/fnv/test_fnv.c.
    @Test(arguments: [("", 0x811c_9dc5), ("a", 0xe40c_292c), ("foobar", 0xbf9c_f968)] as [(String, UInt32)])
    func hashesAsFNV1a(text: String, expected: UInt32) {
        let found = Array(text.utf8).withUnsafeBytes { Keys.fnv1a($0) }
        #expect(found == expected)
    }

    /// `foo` is the example of the manual of CLUSTER KEYSLOT's tests; 123456789 → 31C3 is the check of the Redis Cluster specification.
    @Test func findsTheSlotsOfRedisCluster() {
        #expect(slot("123456789") == 0x31c3 % 16_384)
        #expect(slot("foo") == 12_182)
        #expect(slot("{user1000}.following") == slot("{user1000}.followers"))
        #expect(slot("foo{}{bar}") != slot("bar"))
        #expect(slot("foo{{bar}}zap") == slot("{bar"))
        #expect(slot("foo{bar}{zap}") == slot("bar"))
    }

    @Test func namesKeysAsDocumented() {
        let bucket = Bucket(partition: 3, index: 1)
        #expect(text(keys.user(topic: "play", bucket: bucket, user: UserID("u-42"))) == "recs:main:{3.1}:play:u:u-42")
        #expect(text(keys.marker(topic: "play", bucket: bucket)) == "recs:main:{3.1}:play:marker")
        #expect(text(keys.active(bucket: bucket)) == "recs:main:{3.1}:active")
        #expect(text(keys.title(topic: "play", partition: 3, title: TitleID("heat"))) == "recs:main:{3.t}:play:title:heat")
        #expect(text(keys.changedTitles(topic: "play", partition: 3)) == "recs:main:{3.t}:play:changed")
        #expect(text(keys.titleMarker(topic: "play", partition: 10)) == "recs:main:{10.t}:play:marker")
        #expect(text(keys.signals(session: SessionID("abc"))) == "recs:{s:abc}:signals")
    }

    @Test func keepsStrangeNamesApart() {
        let bucket = Bucket(partition: 0, index: 0)
        let strange = ["marker", "", "u:marker", "}:signals", "{", "title:x", "a:b", "changed"]
        var all = strange.map { text(keys.user(topic: "play", bucket: bucket, user: UserID($0))) }
        all += strange.map { text(keys.signals(session: SessionID($0))) }
        all += strange.map { text(keys.title(topic: "play", partition: 0, title: TitleID($0))) }
        all += [text(keys.marker(topic: "play", bucket: bucket)), text(keys.active(bucket: bucket))]
        all += [text(keys.titleMarker(topic: "play", partition: 0)), text(keys.changedTitles(topic: "play", partition: 0))]
        #expect(Set(all).count == all.count)
    }

    @Test func keepsABucketInOneSlot() {
        let user = UserID("u-42")
        let bucket = keys.bucket(user: user, partition: 5)
        let slots = ["play", "search", "impression"].map { slot(text(keys.user(topic: $0, bucket: bucket, user: user))) }
        #expect(Set(slots + [slot(text(keys.marker(topic: "play", bucket: bucket))), slot(text(keys.active(bucket: bucket)))]).count == 1)
    }

    @Test func spreadsUsersOverAllBuckets() {
        let buckets = (0..<4000).map { keys.bucket(user: UserID("viewer-\($0)"), partition: 0).index }
        let counts = Dictionary(grouping: buckets) { $0 }.mapValues(\.count)
        #expect(counts.keys.sorted() == [0, 1, 2, 3])
        #expect(counts.values.allSatisfy { (800...1200).contains($0) })
    }

    @Test func refusesNamespacesThatWouldBreakKeys() {
        #expect(Keys.isValid(namespace: "main-2_x"))
        for bad in ["", "a:b", "{a}", "A", "a*", String(repeating: "a", count: 33)] { #expect(!Keys.isValid(namespace: bad)) }
    }

    private func text(_ key: [UInt8]) -> String { String(decoding: key, as: UTF8.self) }

    private func slot(_ text: String) -> UInt16 { Array(text.utf8).withUnsafeBytes { StoreRoute.slot(of: $0) } }
}
