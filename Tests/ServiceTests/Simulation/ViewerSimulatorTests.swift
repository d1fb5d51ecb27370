import Catalog
import Features
import Service
import Testing

@Suite struct ViewerSimulatorTests {
    static let test = ThumbnailTest(
        id: TestID("film-5-artwork"), title: TitleID("film-5"),
        variants: [
            .init(id: VariantID("a"), artwork: ArtworkID("film-5-a"), weight: 0.5),
            .init(id: VariantID("b"), artwork: ArtworkID("film-5-b"), weight: 0.5),
        ], coverage: 1)

    @Test func sameSeedGivesSameBytesHoweverTheyAreFetched() throws {
        let one = try SimulatedStream(SimulatedStream.settings(events: 2000), batch: 1000)
        let other = try SimulatedStream(SimulatedStream.settings(events: 2000), batch: 7)
        #expect(one.bytes == other.bytes)
        #expect(one.truth == other.truth)
    }

    @Test func anotherSeedGivesOtherEvents() throws {
        let one = try SimulatedStream(SimulatedStream.settings(events: 200, seed: 1))
        let other = try SimulatedStream(SimulatedStream.settings(events: 200, seed: 2))
        #expect(Set(one.events.map(\.id)).isDisjoint(with: other.events.map(\.id)))
    }

    @Test(arguments: [1, 10, 499]) func sendsAsManyEventsAsAsked(count: Int) throws {
        let stream = try SimulatedStream(SimulatedStream.settings(users: 50, events: count))
        #expect(stream.events.count == count)
        #expect(stream.truth.counts.sent == count)
    }

    @Test func truthCountsWhatWasSent() throws {
        let stream = try SimulatedStream.standard.get()
        let counts = stream.truth.counts
        let distinct = stream.distinct
        #expect(counts.distinct == distinct.count)
        #expect(counts.duplicates == stream.events.count - distinct.count)
        #expect(counts.bots == distinct.count { $0.user.hasPrefix("bot-") })
        #expect(counts.byType == Dictionary(grouping: distinct, by: \.type).mapValues(\.count))
        #expect((80...240).contains(counts.duplicates))
        #expect((40...120).contains(counts.late))
    }

    @Test func retriesRepeatTheSameBytes() throws {
        let stream = try SimulatedStream.standard.get()
        for (_, sendings) in Dictionary(grouping: stream.events, by: \.id) { #expect(Set(sendings.map(\.line)).count == 1) }
    }

    @Test func eventsLieWithinTheDaysBeforeTheEnd() throws {
        let stream = try SimulatedStream.standard.get()
        let start = SimulatedStream.endTime - 7 * 86_400_000
        #expect(stream.events.allSatisfy { (start..<SimulatedStream.endTime).contains($0.timestamp) })
        #expect(stream.events.contains { $0.timestamp < start + 86_400_000 })
        #expect(stream.events.contains { $0.timestamp > SimulatedStream.endTime - 3_600_000 })
    }

    @Test func mostEventsComeInOrderAndSomeLate() throws {
        let stream = try SimulatedStream.standard.get()
        var newest: Int64 = 0
        var lateCount = 0
        for event in stream.events {
            if event.timestamp < newest - 120_000 { lateCount += 1 }
            newest = max(newest, event.timestamp)
        }
        #expect(lateCount > 0)
        #expect(lateCount < stream.events.count / 40)
    }

    @Test func playsStayWithinTheFilm() throws {
        let stream = try SimulatedStream.standard.get()
        var fractions: [Double] = []
        for stop in stream.distinct where stop.type == "play_stop" {
            let position = try #require(stop.numbers["position_ms"])
            let duration = try #require(stop.numbers["duration_ms"])
            let watched = try #require(stop.numbers["watched_ms"])
            #expect((0...duration).contains(position))
            #expect(watched >= 0)
            fractions.append(Double(position) / Double(duration))
        }
        #expect(fractions.contains { $0 > 0.9 } && fractions.contains { $0 < 0.05 } && fractions.contains { (0.2...0.8).contains($0) })
    }

    @Test func viewersPlayWhatTheyLike() throws {
        let stream = try SimulatedStream(SimulatedStream.settings(events: 10_000))
        let tastes = Dictionary(uniqueKeysWithValues: stream.truth.viewers.map { ($0.user, $0.taste) })
        var liking = 0.0
        var chance = 0.0
        var count = 0.0
        for play in stream.distinct where play.type == "play_start" {
            let title = try #require(play.title)
            let index = try #require(SimulatedStream.catalog.index(of: TitleID(title)))
            let taste = try #require(tastes[play.user])
            let genres = SimulatedStream.catalog.titles[index].genres.map { SimulatedStream.catalog.genreName($0) }
            liking += genres.map { taste[$0] ?? 0 }.max() ?? 0
            chance += taste.values.reduce(0, +) / 8
            count += 1
        }
        #expect(count > 500)
        #expect(liking > 2 * chance)
        #expect(stream.truth.viewers.allSatisfy { abs($0.taste.values.reduce(0, +) - 1) < 1e-5 })
    }

    @Test func plantedTrendRaisesPlaysOfItsRegion() throws {
        let start = SimulatedStream.endTime - 86_400_000
        var settings = SimulatedStream.settings(events: 20_000)
        settings.trends = [PlantedTrend(title: TitleID("film-9"), region: "SEA", start: start, factor: 60)]
        let stream = try SimulatedStream(settings)
        let plays = stream.distinct.filter { $0.type == "play_start" }
        func share(_ region: String, after: Bool) -> Double {
            let some = plays.filter { $0.region == region && ($0.timestamp >= start) == after }
            return Double(some.count { $0.title == "film-9" }) / Double(some.count)
        }
        #expect(share("SEA", after: true) > 0.1)
        #expect(share("SEA", after: true) > 4 * share("SEA", after: false))
        #expect(share("EU", after: true) < share("SEA", after: true) / 2)
    }

    @Test func plantedPairsFollowEachOther() throws {
        let stream = try SimulatedStream(SimulatedStream.settings(events: 20_000))
        var last: [String: String] = [:]
        var followed: [String: Int] = [:]
        for play in stream.distinct.sorted(by: { $0.timestamp < $1.timestamp }) where play.type == "play_start" {
            if let from = last[play.user] { followed["\(from)>\(play.title ?? "")", default: 0] += 1 }
            last[play.user] = play.title
        }
        let strongest = stream.truth.pairs.sorted { $0.followedCount > $1.followedCount }.prefix(3)
        #expect(strongest.count == 3)
        for pair in strongest {
            let next = followed.filter { $0.key.hasPrefix("\(pair.from)>") }.max { $0.value < $1.value }
            #expect(next?.key == "\(pair.from)>\(pair.to)")
        }
    }

    @Test func onlyBotsHaveBotsNames() throws {
        let stream = try SimulatedStream(SimulatedStream.settings(users: 3000, events: 100))
        let bots = stream.truth.viewers.filter(\.isBot)
        #expect((10...60).contains(bots.count))
        #expect(stream.truth.viewers.allSatisfy { $0.user.hasPrefix($0.isBot ? "bot-" : "u-") })
        #expect(stream.truth.viewers[0].user == "u-000001")
    }

    /// The dumbest join that could be right: per viewer, an exposure, and a play of two minutes begun within thirty minutes of one.
    @Test func plantedWinsAreThoseThatAJoinOfTheEventsFinds() throws {
        var settings = SimulatedStream.settings(users: 2000, events: 20_000)
        settings.tests = [PlantedTest(test: ViewerSimulatorTests.test, controlRate: 0.2, multipliers: [1, 2])]
        let stream = try SimulatedStream(settings) { user, _ in Int(user.description.utf8.last ?? 0) % 2 }
        var exposures: [String: [Int64]] = [:]
        var variants: [String: String] = [:]
        var starts: [String: [Int64]] = [:]
        var stops: [String: [Int64]] = [:]
        for event in stream.distinct where event.title == "film-5" {
            switch event.type {
            case "ab_test_assignment":
                #expect(variants[event.user] == nil)
                variants[event.user] = event.texts["variant_id"]
            case "recommendation_shown": exposures[event.user, default: []].append(event.timestamp)
            case "play_start": starts[event.user, default: []].append(event.timestamp)
            case "play_stop":
                let watched = try #require(event.numbers["watched_ms"])
                if watched >= 120_000 { stops[event.user, default: []].append(event.timestamp) }
            default: break
            }
        }
        for arm in stream.truth.arms {
            let viewers = exposures.filter { variants[$0.key] == arm.variant }
            let winners = viewers.filter { user, times in
                stops[user] != nil && (starts[user] ?? []).contains { start in times.contains { (0...1_800_000).contains(start - $0) } }
            }
            #expect(viewers.count == arm.exposedCount)
            #expect(winners.count == arm.wonCount)
            let rate = Double(arm.wonCount) / Double(arm.exposedCount)
            #expect(abs(rate - arm.winRate) < 4 * (arm.winRate * (1 - arm.winRate) / Double(arm.exposedCount)).squareRoot())
        }
    }

    @Test func withdrawnAndRegionalFilmsAreNeverShown() throws {
        var titles = SimulatedStream.catalog.titles
        titles[3].isAvailable = false
        titles[4].regions = [try #require(RegionID("EU"))]
        titles[6].addedAt = SimulatedStream.endTime - 86_400_000
        let catalog = Catalog(version: 2, titles: titles, genreNames: SimulatedStream.catalog.genreNames)
        var simulator = ViewerSimulator(catalog: catalog, settings: SimulatedStream.settings(events: 20_000))
        var bytes: [UInt8] = []
        while simulator.next(1000, into: &bytes) > 0 {}
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            #expect(!line.contains("\"film-3\""))
            if line.contains("\"film-4\"") { #expect(line.contains("\"region\":\"EU\"")) }
        }
    }
}
