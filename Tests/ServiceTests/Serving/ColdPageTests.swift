import Catalog
import Features
import Foundation
import Home
import Service
import TestSupport
import Testing

/// A new viewer's page against what everybody in the region has played most, on first plays that neither has seen.
@Suite struct ColdPageTests {
    /// What the events before the cut say, and the first plays of viewers new after it.
    private struct Split {
        var snapshot: TitleSnapshot
        var plays: [RegionID: [Int: Int]] = [:]
        var firstPlays: [(region: RegionID, title: Int)] = []
    }

    private static let end: Int64 = 1_800_000_000_000
    private static let dayMilliseconds: Int64 = 86_400_000

    @Test func coldPageFindsFirstPlaysBetterThanRegionalPopularity() throws {
        let catalog = try CatalogDocument.parse(
            Data(contentsOf: Repository.root.appendingPathComponent("Data/catalog/catalog.json"))
        ).catalog(version: 1)
        let model = try RankerModel(json: Data(contentsOf: Repository.root.appendingPathComponent("Models/home-linear-1.json")))
        let composer = HomeComposer(catalog: catalog, model: model)
        var page = 0.0
        var popularity = 0.0
        var count = 0
        for seed in [1, 2, 3] as [UInt64] {
            let split = try split(catalog, seed: seed)
            let now = ColdPageTests.end - ColdPageTests.dayMilliseconds / 4
            for (region, plays) in split.firstPlays.reduce(into: [RegionID: [Int]](), { $0[$1.region, default: []].append($1.title) }) {
                let pageOrder = order(composer, split.snapshot, region, now)
                let popular = (split.plays[region] ?? [:]).sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
                for title in plays {
                    page += gain(of: title, in: pageOrder)
                    popularity += gain(of: title, in: popular)
                    count += 1
                }
            }
        }
        #expect(count > 150)
        #expect(page > popularity, "NDCG@20 of the page \(page / Double(count)), of regional popularity \(popularity / Double(count))")
    }

    /// Titles as a viewer reads the page, row by row.
    private func order(_ composer: HomeComposer, _ snapshot: TitleSnapshot, _ region: RegionID, _ now: Int64) -> [Int] {
        let request = HomeRequest(region: region, maturityLimit: 18, rowCountMax: 10, itemCountMax: 20, now: now)
        return composer.page(for: Viewer(user: UserID("new")), snapshot: snapshot, request: request).rows.flatMap {
            $0.items.map(\.titleIndex)
        }
    }

    /// NDCG@20 with one relevant title.
    private func gain(of title: Int, in order: [Int]) -> Double {
        guard let rank = order.prefix(20).firstIndex(of: title) else { return 0 }
        return 1 / log2(Double(rank) + 2)
    }

    /// Events up to six hours before the end make the snapshot; viewers without a play before that are the new ones.
    private func split(_ catalog: Catalog, seed: UInt64) throws -> Split {
        var settings = SimulationSettings(userCount: 8000, eventCount: 100_000, seed: seed, endTime: ColdPageTests.end)
        settings.duplicateShare = 0
        settings.lateShare = 0
        settings.qualityShare = 0
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        let cut = ColdPageTests.end - ColdPageTests.dayMilliseconds / 4
        var split = Split(snapshot: TitleSnapshot())
        var states: [Int: TitleState] = [:]
        var seen: Set<String> = []
        let names = NameTable()
        var bytes: [UInt8] = []
        while simulator.next(10_000, into: &bytes) > 0 {}
        for line in bytes.split(separator: 10) {
            guard let event = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let type = event["event_type"] as? String, let user = event["user_id"] as? String, !user.hasPrefix("bot-"),
                let region = (event["region"] as? String).flatMap({ RegionID($0) }),
                let at = (event["timestamp"] as? NSNumber)?.int64Value
            else { continue }
            let title = (event["title_id"] as? String).flatMap { catalog.index(of: TitleID($0)) }
            if type == "play_start", let title {
                if at < cut {
                    states[title, default: TitleState()].apply(
                        .played(title: .none, region: region, at: at), logTime: at, names: names)
                    split.plays[region, default: [:]][title, default: 0] += 1
                } else if !seen.contains(user) {
                    split.firstPlays.append((region, title))
                }
                seen.insert(user)
            } else if type == "recommendation_shown", let title, at < cut {
                states[title, default: TitleState()].apply(.shown(title: .none, region: region, at: at), logTime: at, names: names)
            }
        }
        split.snapshot = snapshot(states, catalog, at: cut)
        return split
    }

    private func snapshot(_ states: [Int: TitleState], _ catalog: Catalog, at now: Int64) -> TitleSnapshot {
        var builder = TitleSnapshotBuilder()
        for (index, state) in states {
            var value = TitleValue()
            value.applied = Position(generation: 1, offset: 1)
            value.state = state
            builder.replace(topic: 0, partition: 0, title: catalog.titles[index].id.description, value: value, names: NameTable())
        }
        return builder.makeSnapshot(catalogVersion: 1, titleCount: catalog.titles.count, at: now) { catalog.index(of: $0) }
    }
}
