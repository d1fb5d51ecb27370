import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

extension StoreTests {
    @Suite struct StoreConnectionTests {
        let bucket = Bucket(partition: 3, index: 1)

        @Test(arguments: StoreKind.allCases) func writesOnlyWhereThePositionIsTheExpectedOne(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            batch.append(user: "a", bucket: bucket, expected: nil, value: value(1, "first"))
            batch.append(user: "b", bucket: bucket, expected: nil, value: value(2, "first"))
            #expect(try store.commit(batch) == [])
            batch.removeAll()
            batch.append(user: "a", bucket: bucket, expected: position(1), value: value(5, "second"))
            batch.append(user: "b", bucket: bucket, expected: position(1), value: value(5, "zombie"))
            batch.append(user: "c", bucket: bucket, expected: position(1), value: value(5, "of nothing"))
            batch.append(user: "d", bucket: bucket, expected: nil, value: value(5, "new"))
            #expect(try store.commit(batch) == [1, 2])
            #expect(try load(["a", "b", "c", "d"], store) == [value(5, "second"), value(2, "first"), nil, value(5, "new")])
        }

        @Test func tellsGenerationsApart() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            batch.append(user: "a", bucket: bucket, expected: nil, value: value(9, generation: 1))
            #expect(try store.commit(batch) == [])
            batch.removeAll()
            batch.append(user: "a", bucket: bucket, expected: position(9, generation: 2), value: value(10, generation: 2))
            #expect(try store.commit(batch) == [0])
        }

        /// Against a dictionary that does the same, over batches that need several calls and buckets.
        @Test(arguments: StoreKind.allCases) func agreesWithADictionary(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            var random = SplitMix64(seed: 11)
            var model: [String: Int64] = [:]
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            for round in 0..<20 {
                batch.removeAll()
                var conflicts: [Int] = []
                for (index, user) in (0..<400).map({ "user-\($0)" }).shuffled(using: &random).prefix(300).enumerated() {
                    let guess = Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 0..<20, using: &random) : model[user]
                    let bucket = fixture.keys.bucket(user: UserID(user), partition: 3)
                    batch.append(user: user, bucket: bucket, expected: guess.map { position($0) }, value: value(Int64(round), user))
                    if guess == model[user] { model[user] = Int64(round) } else { conflicts.append(index) }
                }
                #expect(try store.commit(batch) == conflicts)
            }
            let users = (0..<400).map { "user-\($0)" }
            let expected = users.map { user in model[user].map { value($0, user) } }
            #expect(try load(users, store, bucketOf: { fixture.keys.bucket(user: UserID($0), partition: 3) }) == expected)
        }

        @Test(arguments: StoreKind.allCases) func refusesAZombiesMarker(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let owner = try fixture.connection()
            let zombie = try fixture.connection()
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            batch.append(marker: bucket, expected: nil, value: value(10))
            #expect(try zombie.commit(batch) == [])
            batch.removeAll()
            batch.append(marker: bucket, expected: position(10), value: value(30))
            #expect(try owner.commit(batch) == [])
            batch.removeAll()
            batch.append(marker: bucket, expected: position(10), value: value(20))
            #expect(try zombie.commit(batch) == [0])
            var keys = KeyBatch(keys: fixture.keys, topic: "play", partition: 3)
            keys.appendMarker(bucket)
            keys.appendTitleMarker()
            var values = LoadedValues()
            try owner.load(keys, into: &values)
            #expect(values[0] == value(30))
            #expect(values[1] == nil)
        }

        /// Against dictionaries that do the same; the scripts are forgotten at times.
        @Test(arguments: StoreKind.allCases) func batchesOfSeveralPartitionsKeepTheirConflictsApart(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            var random = SplitMix64(seed: 12)
            let partitions: [Int32] = [0, 3, 7]
            var models = [[String: Int64]](repeating: [:], count: partitions.count)
            for round in 0..<10 {
                if round % 4 == 3 { try fixture.command("SCRIPT", "FLUSH") }
                var batches: [WriteBatch] = []
                var conflicts: [[Int]] = []
                for (number, partition) in partitions.enumerated() {
                    var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: partition)
                    conflicts.append([])
                    for index in 0..<Int.random(in: 0..<150, using: &random) {
                        let user = "user-\(index)"
                        let guess =
                            Int.random(in: 0..<4, using: &random) == 0 ? Int64.random(in: 0..<10, using: &random) : models[number][user]
                        let bucket = fixture.keys.bucket(user: UserID(user), partition: partition)
                        batch.append(user: user, bucket: bucket, expected: guess.map { position($0) }, value: value(Int64(round), user))
                        if guess == models[number][user] { models[number][user] = Int64(round) } else { conflicts[number].append(index) }
                    }
                    batches.append(batch)
                }
                #expect(try store.commit(batches) == conflicts)
            }
            var keys: [KeyBatch] = []
            var expected: [[UInt8]?] = []
            for (number, partition) in partitions.enumerated() {
                var batch = KeyBatch(keys: fixture.keys, topic: "play", partition: partition)
                for index in 0..<150 + number {
                    let user = "user-\(index)"
                    batch.append(user: user, bucket: fixture.keys.bucket(user: UserID(user), partition: partition))
                    expected.append(models[number][user].map { value($0, user) })
                }
                keys.append(batch)
            }
            var values = LoadedValues()
            try store.load(keys, into: &values)
            #expect((0..<values.count).map { values[$0] } == expected)
        }

        @Test(arguments: StoreKind.allCases) func loadsTheScriptsAgainWhenRedisHasForgottenThem(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            try fixture.command("SCRIPT", "FLUSH")
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            for index in 0..<200 { batch.append(user: "u\(index)", bucket: bucket, expected: nil, value: value(1)) }
            batch.append(title: "heat", expected: nil, value: value(1), offset: 1)
            #expect(try store.commit(batch) == [])
            #expect(try load(["u0", "u199"], store) == [value(1), value(1)])
        }

        @Test(arguments: StoreKind.allCases) func setsTheExpiryAskedFor(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            let soon = Int64(Date().timeIntervalSince1970 * 1000) + 3_600_000
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            batch.append(user: "a", bucket: bucket, expected: nil, value: value(1), expiresAt: soon)
            batch.append(user: "b", bucket: bucket, expected: nil, value: value(1))
            #expect(try store.commit(batch) == [])
            #expect(try fixture.command("PEXPIRETIME", "recs:main:{3.1}:play:u:a") == String(soon))
            #expect(try fixture.command("PEXPIRETIME", "recs:main:{3.1}:play:u:b") == "-1")
        }

        @Test(arguments: StoreKind.allCases) func keepsTheNewestActiveViewersOnly(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            for index in 1...1500 {
                batch.append(user: "u\(index)", bucket: bucket, expected: nil, value: value(1), activeAt: Int64(index))
            }
            #expect(try store.commit(batch) == [])
            batch.removeAll()
            batch.append(user: "late", bucket: bucket, expected: nil, value: value(1), activeAt: 2000)
            batch.append(user: "u1500", bucket: bucket, expected: position(1), value: value(2), activeAt: 3)
            #expect(try store.commit(batch) == [])
            let key = "recs:main:{3.1}:active"
            #expect(try fixture.command("ZCARD", key) == "1000")
            #expect(try fixture.command("ZSCORE", key, "late") == "2000")
            #expect(try fixture.command("ZSCORE", key, "u1500") == "1500")
            #expect(try fixture.command("ZSCORE", key, "u501") == nil)
            #expect(try fixture.command("ZSCORE", key, "u502") == "502")
        }

        @Test func saysThatMemoryIsFull() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            try fixture.command("CONFIG", "SET", "maxmemory", "1mb")
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            batch.append(user: "a", bucket: bucket, expected: nil, value: value(1, String(repeating: "x", count: 100_000)))
            #expect(failureKind { () throws(StoreError) in _ = try store.commit(batch) } == .outOfMemory)
            try fixture.command("CONFIG", "SET", "maxmemory", "0")
            #expect(try store.commit(batch) == [])
        }

        @Test func saysThatItSpeaksToAReplica() throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            try fixture.command("REPLICAOF", "127.0.0.1", "1")
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 3)
            batch.append(user: "a", bucket: bucket, expected: nil, value: value(1))
            #expect(failureKind { () throws(StoreError) in _ = try store.commit(batch) } == .readOnly)
            #expect(try store.identity().nodes.map(\.role) == ["slave"])
        }

        @Test func asksForTheRightPassword() throws {
            let fixture = try StoreFixture()
            try fixture.command("CONFIG", "SET", "requirepass", "secret")
            let socket = fixture.folder.path("redis/redis.sock")
            let kind = failureKind { () throws(StoreError) in _ = try StoreConnection(StoreAddress("unix://:wrong@\(socket)")) }
            #expect(kind == .denied)
            #expect(failureKind { () throws(StoreError) in _ = try StoreConnection(fixture.address) } == .denied)
            #expect(try StoreConnection(StoreAddress("unix://:secret@\(socket)")).namespaces() == [])
        }

        private func load(_ users: [String], _ store: StoreConnection, bucketOf: ((String) -> Bucket)? = nil) throws -> [[UInt8]?] {
            var keys = KeyBatch(keys: Keys(namespace: "main"), topic: "play", partition: 3)
            for user in users { keys.append(user: user, bucket: bucketOf?(user) ?? bucket) }
            var values = LoadedValues()
            try store.load(keys, into: &values)
            return (0..<values.count).map { values[$0] }
        }
    }
}
