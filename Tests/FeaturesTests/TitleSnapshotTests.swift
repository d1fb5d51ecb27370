import Features
import TestSupport
import Testing

@Suite struct TitleSnapshotTests {
    private let now: Int64 = 1_760_000_000_000
    private let titles = ["a", "b", "c", "d"]

    /// Effects spread over partitions, against sums over the raw list.
    @Test(arguments: 0..<5) func aSnapshotIsTheSumOverPartitions(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var names = NameTable()
        var values: [String: [TitleValue]] = [:]
        var plays: [(title: String, region: String, at: Int64)] = []
        var follows: [(from: String, to: String, weight: Int64)] = []
        var builder = TitleSnapshotBuilder()
        for round in 0..<300 {
            let title = titles.randomElement(using: &random)!
            let partition = Int.random(in: 0..<3, using: &random)
            var value = values[title]?[partition] ?? TitleValue()
            value.applied = Position(generation: 1, offset: Int64(round))
            let at = now - Int64.random(in: 0...86_400_000, using: &random)
            if Bool.random(using: &random) {
                let region = ["SEA", "EU"].randomElement(using: &random)!
                plays.append((title, region, at))
                value.state.apply(
                    .played(title: names.intern(title), region: RegionID(region)!, at: at), logTime: now, names: names)
            } else {
                let other = (titles + ["unknown"]).randomElement(using: &random)!
                follows.append((title, other, 250))
                value.state.apply(
                    .followed(from: names.intern(title), to: names.intern(other), weight: 250, at: now), logTime: now, names: names)
            }
            values[title, default: [TitleValue(), TitleValue(), TitleValue()]][partition] = value
            builder.replace(topic: 0, partition: Int32(partition), title: title, value: value, names: names)
            if round % 50 != 49 { continue }
            let snapshot = makeSnapshot(&builder, version: 1)
            expectCounts(snapshot)
            expectCounts(makeSnapshot(&builder, version: 1, at: now + Int64(round) * 60_000))
            for (index, title) in titles.enumerated() {
                #expect(snapshot.totalPlays(index, region: nil) == Int64(plays.count { $0.title == title }))
                let inSEA = plays.count { $0.title == title && $0.region == "SEA" }
                #expect(snapshot.totalPlays(index, region: RegionID("SEA")) == Int64(inSEA))
                let lately = plays.count { $0.title == title && $0.at / 300_000 > now / 300_000 - 12 }
                #expect(snapshot.plays(index, region: nil, window: .hour, at: now) == Int64(lately))
                for successor in snapshot.successors(index) {
                    let count = follows.count { $0.from == title && $0.to == titles[successor.title] }
                    #expect(successor.total == Double(count) / 4)
                    #expect(abs(successor.recent - successor.total) < 0.001)
                }
                let known = Set(follows.filter { $0.from == title && $0.to != "unknown" }.map(\.to))
                #expect(snapshot.successors(index).count == known.count)
            }
        }
    }

    /// The counts of all titles in one pass are those of a title at a time, and 0 beyond the catalogue; at the snapshot's moment and later.
    private func expectCounts(_ snapshot: TitleSnapshot) {
        for now in [0, 1, 300_000, 7_200_000].map({ snapshot.asOf + $0 }) {
            for region in [nil, RegionID("SEA"), RegionID("US")] { expectCounts(snapshot, region, at: now) }
        }
    }

    private func expectCounts(_ snapshot: TitleSnapshot, _ region: RegionID?, at now: Int64) {
        let count = titles.count + 2
        func counts(_ count: (CountWindow) -> Int64) -> WindowCounts {
            var counts = WindowCounts()
            (counts.hour, counts.day, counts.week, counts.ever) = (count(.hour), count(.day), count(.week), count(.lifetime))
            return counts
        }
        let expected = (0..<count).map { title in
            var expected = TitleCounts()
            expected.plays = counts { snapshot.plays(title, region: region, window: $0, at: now) }
            expected.impressions = counts { snapshot.impressions(title, region: region, window: $0, at: now) }
            expected.playsEverywhere = counts { snapshot.plays(title, region: nil, window: $0, at: now) }
            return expected
        }
        #expect(snapshot.counts(ofFirst: count, region: region, at: now) == expected)
    }

    @Test func anotherCatalogueMovesTheTitles() {
        var names = NameTable()
        var value = TitleValue()
        value.applied = Position(generation: 1, offset: 1)
        value.state.apply(.played(title: names.intern("c"), region: .none, at: now), logTime: now, names: names)
        var builder = TitleSnapshotBuilder()
        builder.replace(topic: 0, partition: 0, title: "c", value: value, names: names)
        let first = makeSnapshot(&builder, version: 1)
        let second = builder.makeSnapshot(catalogVersion: 2, titleCount: 1, at: now) { $0 == TitleID("c") ? 0 : nil }
        #expect(first.totalPlays(2, region: nil) == 1)
        #expect(second.totalPlays(0, region: nil) == 1)
        #expect(second.totalPlays(2, region: nil) == 0)
        #expect(second.age(at: now + 5) == 5)
    }

    @Test func armsOfPartitionsAddUp() {
        var names = NameTable()
        let (test, a, b) = (names.intern("t"), names.intern("a"), names.intern("b"))
        var builder = TitleSnapshotBuilder()
        for partition in 0..<3 as Range<Int32> {
            var value = TitleValue()
            value.applied = Position(generation: 1, offset: 1)
            for variant in [a, b] {
                let effect = Effect.credited(title: .none, test: test, variant: variant, segment: .none, exposed: 2, won: 1)
                value.state.apply(effect, logTime: now, names: names)
            }
            builder.replace(topic: 7, partition: partition, title: "not in the catalogue", value: value, names: names)
        }
        let arms = makeSnapshot(&builder, version: 1).arms(test: TestID("t"))
        #expect(
            arms == [
                ArmTotal(variant: VariantID("a"), segment: "", exposed: 6, won: 3),
                ArmTotal(variant: VariantID("b"), segment: "", exposed: 6, won: 3),
            ])
        builder.remove(topic: 7, partition: 1)
        #expect(makeSnapshot(&builder, version: 1).arms(test: TestID("t")).map(\.exposed) == [4, 4])
    }

    @Test func anEmptySnapshotCountsNothing() {
        let snapshot = TitleSnapshot()
        #expect(snapshot.totalPlays(0, region: nil) == 0)
        #expect(snapshot.successors(-1).isEmpty)
        #expect(snapshot.arms(test: TestID("t")).isEmpty)
    }

    private func makeSnapshot(_ builder: inout TitleSnapshotBuilder, version: Int64, at time: Int64? = nil) -> TitleSnapshot {
        builder.makeSnapshot(catalogVersion: version, titleCount: titles.count, at: time ?? now) {
            titles.firstIndex(of: $0.description)
        }
    }
}
