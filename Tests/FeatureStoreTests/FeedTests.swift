import FeatureStore
import Features
import Foundation
import TestSupport
import Testing

@testable import FeatureStore

extension StoreTests {
    @Suite struct FeedTests {
        @Test(arguments: StoreKind.allCases) func titleFeedTellsExactlyWhatHasChanged(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            var feed = TitleFeed(fixture.route, keys: fixture.keys, topics: ["play", "impression"], partitionCount: 2)
            #expect(try feed.changes().isEmpty)
            var random = SplitMix64(seed: 5)
            var written: [String: Int64] = [:]
            var offset: Int64 = 0
            for _ in 0..<10 {
                let topic = Bool.random(using: &random) ? "play" : "impression"
                let partition = Int32.random(in: 0..<2, using: &random)
                var batch = WriteBatch(keys: fixture.keys, topic: topic, partition: partition)
                let titles = (0..<300).shuffled(using: &random).prefix(Int.random(in: 1...200, using: &random))
                for title in titles {
                    offset += Int64.random(in: 0...1, using: &random)
                    let name = "\(topic)-\(partition)-\(title)"
                    batch.append(title: name, expected: written[name].map { position($0) }, value: value(offset, name), offset: offset)
                    written[name] = offset
                }
                offset += 1
                #expect(try store.commit(batch) == [])
                let changes = try feed.changes()
                #expect(Set(changes.map(\.title.description)) == Set(titles.map { "\(topic)-\(partition)-\($0)" }))
                #expect(changes.count == titles.count)
                #expect(changes.allSatisfy { $0.source == .init(topic: topic, partition: partition) })
                #expect(changes.allSatisfy { $0.value == value(written[$0.title.description] ?? -1, $0.title.description) })
                #expect(try feed.changes().isEmpty)
            }
        }

        @Test(arguments: StoreKind.allCases) func titleFeedBeginsAnewAfterALostConnection(kind: StoreKind) throws {
            let fixture = try StoreFixture(kind)
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 0)
            batch.append(title: "heat", expected: nil, value: value(4), offset: 4)
            #expect(try fixture.connection().commit(batch) == [])
            var feed = TitleFeed(fixture.route, keys: fixture.keys, topics: ["play"], partitionCount: 1)
            #expect(try feed.changes().map(\.title.description) == ["heat"])
            try fixture.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            #expect(failureKind { () throws(StoreError) in _ = try feed.changes() } == .unavailable)
            #expect(try feed.changes().map(\.title.description) == ["heat"])
        }

        @Test func titlesAreNeverCutBetweenEqualOffsets() throws {
            let fixture = try StoreFixture()
            var batch = WriteBatch(keys: fixture.keys, topic: "play", partition: 0)
            for index in 0..<300 { batch.append(title: "t\(index)", expected: nil, value: value(1), offset: Int64((299 - index) / 7)) }
            let offsets = batch.calls().map { call in call.members.map { batch.writes[$0].number } }
            #expect(offsets.flatMap { $0 } == offsets.flatMap { $0 }.sorted())
            for (call, next) in zip(offsets, offsets.dropFirst()) { #expect(call.last != next.first) }
            #expect(offsets.allSatisfy { $0.count <= 64 + 6 })
        }

        @Test(arguments: StoreKind.allCases) func signalFeedResumesAfterAnIDAndIgnoresRepetitions(kind: StoreKind) async throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            let feed = SignalFeed(fixture.route, keys: fixture.keys)
            defer { feed.stop() }
            let session = SessionID("s-1")
            try send([10, 20, 30], store)
            var all = try feed.subscribe(session, from: .after(.beginning)).makeAsyncIterator()
            #expect(await all.next() == StoredSignal(id: SignalID(offset: 10), payload: Array("10".utf8)))
            try send([20, 30, 40, 5], store)
            var ids: [String] = []
            for _ in 0..<3 { ids.append(await all.next()?.id.description ?? "end") }
            #expect(ids == ["21-0", "31-0", "41-0"])
            var resumed = try feed.subscribe(session, from: .after(SignalID("21-0") ?? .beginning)).makeAsyncIterator()
            #expect(await resumed.next()?.id == SignalID(offset: 30))
            #expect(await resumed.next()?.id == SignalID(offset: 40))
            #expect(try fixture.command("XLEN", "recs:{s:s-1}:signals") == "4")
            let left = try fixture.command("PTTL", "recs:{s:s-1}:signals").flatMap { Int64($0) }
            #expect((1...SignalBatch.keptMilliseconds).contains(left ?? 0))
        }

        @Test(arguments: StoreKind.allCases) func signalFeedBeginsNowWhereAskedTo(kind: StoreKind) async throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            let feed = SignalFeed(fixture.route, keys: fixture.keys)
            defer { feed.stop() }
            try send([1, 2, 3], store)
            var signals = try feed.subscribe(SessionID("s-1"), from: .now).makeAsyncIterator()
            let hasBegun = eventually { feed.unplacedCount == 0 }
            #expect(hasBegun)
            try send([4], store)
            #expect(await signals.next()?.id == SignalID(offset: 4))
        }

        @Test func signalFeedDropsTheOldestForSlowReaders() async throws {
            let fixture = try StoreFixture()
            let store = try fixture.connection()
            let feed = SignalFeed(fixture.route, keys: fixture.keys)
            defer { feed.stop() }
            var slow = try feed.subscribe(SessionID("s-1"), from: .after(.beginning)).makeAsyncIterator()
            var quick = try feed.subscribe(SessionID("s-1"), from: .after(.beginning)).makeAsyncIterator()
            for offset in 0..<100 as Range<Int64> {
                try send([offset], store)
                #expect(await quick.next()?.id == SignalID(offset: offset))
            }
            #expect(await slow.next()?.id == SignalID(offset: 36))
        }

        @Test(arguments: StoreKind.allCases) func signalFeedResumesOverALostConnection(kind: StoreKind) async throws {
            let fixture = try StoreFixture(kind)
            let store = try fixture.connection()
            let feed = SignalFeed(fixture.route, keys: fixture.keys)
            defer { feed.stop() }
            var signals = try feed.subscribe(SessionID("s-1"), from: .after(.beginning)).makeAsyncIterator()
            try send([1], store)
            #expect(await signals.next()?.id == SignalID(offset: 1))
            try fixture.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            try send([2], fixture.connection())
            #expect(await signals.next()?.id == SignalID(offset: 2))
        }

        @Test func signalFeedBoundsItsSubscribersAndEndsThemAtTheStop() async throws {
            let fixture = try StoreFixture()
            let feed = SignalFeed(fixture.route, keys: fixture.keys, subscriberCountMax: 2)
            var one = try feed.subscribe(SessionID("a"), from: .now).makeAsyncIterator()
            let two = try feed.subscribe(SessionID("b"), from: .now)
            #expect(failureKind { () throws(StoreError) in _ = try feed.subscribe(SessionID("c"), from: .now) } == .unavailable)
            feed.stop()
            #expect(await one.next() == nil)
            #expect(await two.first { _ in true } == nil)
            #expect(feed.subscriberCount == 0)
        }

        @Test func readsSignalIDs() {
            #expect(SignalID("21-0") == SignalID(offset: 20))
            for bad in ["", "21", "-", "a-0", "1-2-3", "1-"] { #expect(SignalID(bad) == nil) }
            #expect((SignalID("9-0") ?? .beginning) < SignalID(offset: 9))
        }

        private func send(_ offsets: [Int64], _ store: StoreConnection) throws {
            var batch = SignalBatch(keys: Keys(namespace: "main"))
            for offset in offsets { batch.append(session: SessionID("s-1"), offset: offset, payload: Array(String(offset).utf8)) }
            try store.append(batch)
        }
    }
}
