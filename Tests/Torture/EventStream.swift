import Foundation
import TestSupport

/// A seeded stream of events as devices send them: scenes of several thousand viewers side by side, some late, some sent again, some of bots.
struct EventStream {
    /// The title under test and what its artworks are called, as in `Data/demo.yaml`.
    static let testedTitle = "sintel"
    static let test = "sintel-artwork"
    static let variants = [("control", "sintel-a"), ("dragon", "sintel-b"), ("snow", "sintel-c")]
    private static let openSceneCount = 60
    private static let keptLineCount = 4000

    var random: SplitMix64
    let titles: [String]
    private let userCount: Int
    private let start: Int64
    /// Scenes under way, their next line last.
    private var scenes: [[String]] = []
    private var sent: [String] = []
    private(set) var count = 0

    init(seed: UInt64, titles: [String], userCount: Int, start: Int64) {
        random = SplitMix64(seed: seed)
        self.titles = titles
        self.userCount = userCount
        self.start = start
    }

    /// The next lines, a body of `application/x-ndjson`.
    mutating func batch(_ lineCount: Int) -> Data {
        var body = ""
        for _ in 0..<lineCount {
            body += line()
            body += "\n"
        }
        return Data(body.utf8)
    }

    private mutating func line() -> String {
        count += 1
        let roll = Int.random(in: 0..<100, using: &random)
        if roll < 6, !sent.isEmpty {
            // A device's retry: mostly of what was just sent, now and then of something far back.
            let back = roll < 5 ? min(100, sent.count) : sent.count
            return sent[sent.count - 1 - Int.random(in: 0..<back, using: &random)]
        }
        while scenes.count < EventStream.openSceneCount {
            let next = scene()
            scenes.append(next.reversed())
        }
        let place = Int.random(in: 0..<scenes.count, using: &random)
        let line = scenes[place].removeLast()
        if scenes[place].isEmpty { scenes.remove(at: place) }
        sent.append(line)
        if sent.count > 2 * EventStream.keptLineCount { sent.removeFirst(EventStream.keptLineCount) }
        return line
    }

    private mutating func scene() -> [String] {
        let viewer = viewer()
        let span: Int64 = 2 * 3_600_000
        let lateness: Int64 = Int.random(in: 0..<30, using: &random) == 0 ? 9 * 86_400_000 : span
        // A scene takes at most two hours, so that its end is not ahead of the gateway's clock.
        let at = start - span - Int64.random(in: 0...lateness, using: &random)
        return switch Int.random(in: 0..<20, using: &random) {
        case 0..<7: play(viewer, at)
        case 7..<11: impressions(viewer, at)
        case 11..<13: search(viewer, at)
        case 13..<15: feedback(viewer, at)
        case 15..<17: quality(viewer, at)
        case 17: failure(viewer, at)
        default: experiment(viewer, at)
        }
    }

    private mutating func viewer() -> Viewer {
        let regions = ["SEA", "EU", "LATAM", "US", ""]
        // A fiftieth of the viewers make a third of the noise.
        let isBusy = Int.random(in: 0..<3, using: &random) == 0
        let number = Int.random(in: 0..<(isBusy ? max(3, userCount / 50) : userCount), using: &random)
        let isBot = Int.random(in: 0..<50, using: &random) == 0
        let isTestDevice = Int.random(in: 0..<100, using: &random) == 0
        return Viewer(
            user: isBot ? "bot-\(number)" : "viewer-\(number)", device: isTestDevice ? "test-tv" : "tv-\(number % 3)",
            session: "s-\(number)-\(Int.random(in: 0..<200, using: &random))", region: regions[number % regions.count])
    }

    mutating func title() -> String {
        if Int.random(in: 0..<4, using: &random) == 0 { return EventStream.testedTitle }
        return titles[Int.random(in: 0..<titles.count, using: &random)]
    }

    mutating func event(_ type: String, _ viewer: Viewer, _ at: Int64, _ fields: String) -> String {
        let (high, low) = (random.next(), random.next())
        let id = UUID(uuid: withUnsafeBytes(of: (high, low)) { $0.loadUnaligned(as: uuid_t.self) }).uuidString.lowercased()
        return """
            {"event_id":"\(id)","event_type":"\(type)","user_id":"\(viewer.user)","device_id":"\(viewer.device)",\
            "session_id":"\(viewer.session)","timestamp":\(at),"region":"\(viewer.region)",\(fields)}
            """
    }
}

/// Who sends a scene's events.
struct Viewer {
    var user: String
    var device: String
    var session: String
    var region: String
}
