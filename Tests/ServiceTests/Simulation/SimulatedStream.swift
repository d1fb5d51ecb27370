import Catalog
import Features
import Foundation
import Service

/// A simulation played to its end, with its events parsed by Foundation (an independent reader).
struct SimulatedStream: Sendable {
    static let endTime: Int64 = 1_763_860_000_000

    struct Event: Sendable {
        var id: String
        var type: String
        var user: String
        var region: String
        var timestamp: Int64
        var texts: [String: String]
        var numbers: [String: Int64]
        var line: Substring

        var title: String? { texts["title_id"] }
    }

    /// Played once for all tests that only look at it.
    static let standard = Result { try SimulatedStream(settings()) }

    let bytes: [UInt8]
    let events: [Event]
    let truth: SimulationTruth

    init(_ settings: SimulationSettings, variantOf: @Sendable (UserID, Int) -> Int? = { _, _ in nil }, batch: Int = 1000) throws {
        var simulator = ViewerSimulator(catalog: SimulatedStream.catalog, settings: settings, variantOf: variantOf)
        var bytes: [UInt8] = []
        while simulator.next(batch, into: &bytes) > 0 {}
        self.bytes = bytes
        truth = simulator.truth
        events = try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(SimulatedStream.event)
    }

    /// Each event once.
    var distinct: [Event] {
        var seen = Set<String>()
        return events.filter { seen.insert($0.id).inserted }
    }

    static func settings(users: Int = 300, events: Int = 8000, seed: UInt64 = 7) -> SimulationSettings {
        SimulationSettings(userCount: users, eventCount: events, seed: seed, endTime: endTime)
    }

    /// Sixty films of eight genres, one with a name that JSON must escape.
    static let catalog: Catalog = {
        let titles = (0..<60).map { index in
            Title(
                id: TitleID("film-\(index)"), name: index == 0 ? "The \"Quoted\" Film \\ 1" : "Film Number \(index)", year: 1950 + index,
                runtimeMilliseconds: Int64(10 + index * 2) * 60_000,
                genres: [GenreID(UInt8(1 + index % 8)), GenreID(UInt8(1 + index / 8))],
                maturity: 0, regions: [], addedAt: 0, artworks: [ArtworkID("film-\(index)-a"), ArtworkID("film-\(index)-b")],
                isAvailable: true)
        }
        return Catalog(version: 1, titles: titles, genreNames: ["", "G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"])
    }()

    private static func event(_ line: Substring) throws -> Event {
        guard let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw CocoaError(.coderReadCorrupt)
        }
        let texts = fields.compactMapValues { $0 as? String }
        let numbers = fields.compactMapValues { ($0 as? NSNumber)?.int64Value }
        guard let id = texts["event_id"], let type = texts["event_type"], let user = texts["user_id"], let region = texts["region"],
            let timestamp = numbers["timestamp"]
        else { throw CocoaError(.coderReadCorrupt) }
        return Event(id: id, type: type, user: user, region: region, timestamp: timestamp, texts: texts, numbers: numbers, line: line)
    }
}
