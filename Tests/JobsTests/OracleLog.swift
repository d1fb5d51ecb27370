import Events
import Features
import Jobs
import TestSupport

/// How the viewers of a random log behave.
struct OracleScenery {
    var titleCount: Int
    var regionCount: Int
    var users: [String]
    /// Event time goes from `EngineLog.base` on for so long.
    var spanMilliseconds: Int64
    var sceneCount: Int
    /// One test, of the title `t1`, is `testSettings`'; its assignments and impressions are frequent.
    var testShare = 0.3

    /// Small and large, by seed.
    init(seed: UInt64, partition: Int32, sceneCount: Int) {
        let spans: [Int64] = [2 * 3_600_000, 3 * 86_400_000, 40 * 86_400_000, 700 * 86_400_000]
        titleCount = [3, 45, 300][Int(seed % 3)]
        regionCount = seed % 4 == 1 ? 50 : 3
        if regionCount > 32 { testShare = 0.8 }
        users = (0..<(seed % 2 == 1 ? 2 : 6)).map { "u\(partition)-\($0)" }
        spanMilliseconds = spans[Int(seed / 3 % 4)]
        self.sceneCount = sceneCount
    }
}

/// An event before it is sent: what a device did at one time and delivers at another.
struct OracleDraft {
    var type: EventType
    var user: String
    var at: Int64
    var arrival: Int64
    var id: UInt64
    var change: (inout Event, inout EventMaker) -> Void = { _, _ in }
}

extension EngineLog {
    /// Viewers' scenes: whole plays, searches with clicks, sessions of samples. Delivered late and out of order, some again (soon, or after
    /// many others), with bots, bad records, erasures and left out offsets between.
    static func scenes(_ topic: Topic, _ scenery: OracleScenery, seed: UInt64) -> EngineLog {
        var random = SplitMix64(seed: seed)
        var drafts: [OracleDraft] = []
        for _ in 0..<scenery.sceneCount { drafts += scenery.scene(topic, &random) }
        for index in drafts.indices {
            drafts[index].id = UInt64(index) + 1
            drafts[index].arrival = drafts[index].at + scenery.delay(&random)
        }
        for draft in drafts where Int.random(in: 0..<8, using: &random) == 0 {
            var retry = draft
            let reach = min([5000, 3_600_000, 200_000_000][Int.random(in: 0..<3, using: &random)], scenery.spanMilliseconds)
            retry.arrival += Int64.random(in: 0...reach, using: &random)
            drafts.append(retry)
        }
        var log = EngineLog(topic)
        for draft in drafts.sorted(by: { ($0.arrival, $0.id) < ($1.arrival, $1.id) }) { log.deliver(draft, &random) }
        return log
    }

    /// One viewer's event, so many others, and after some time the first one again.
    static func retry(_ topic: Topic, after count: Int, later milliseconds: Int64, _ random: inout SplitMix64) -> EngineLog {
        let type = EventType.allCases.first { $0.topic == topic } ?? .userErased
        var log = EngineLog(topic)
        for _ in 0...count {
            log.append(type, user: "u1") { EngineLog.fill(&$0, &$1, user: "u1", &random) }
        }
        log.appendTime += milliseconds
        log.append(log.records[0])
        return log
    }

    private mutating func deliver(_ draft: OracleDraft, _ random: inout SplitMix64) {
        // A broker's clock may step back.
        appendTime = draft.arrival - (Int.random(in: 0..<40, using: &random) == 0 ? 2000 : 0)
        append(draft.type, user: draft.user, id: draft.id) { event, maker in
            event.timestamp = draft.at
            draft.change(&event, &maker)
        }
        switch Int.random(in: 0..<250, using: &random) {
        case 0: appendErasure(of: draft.user, &random)
        case 1: append(draft.type, user: "bot-\(draft.user)", change: draft.change)
        case 2: skipOffset()
        case 3..<23 where draft.type != .userErased:
            append(draft.type, user: draft.user, change: draft.change)
            spoil(Int.random(in: 25...32, using: &random), &random)
        default: break
        }
    }
}

extension OracleScenery {
    /// Mostly at once, now and then an hour or days later, or from a device whose clock is ahead.
    fileprivate func delay(_ random: inout SplitMix64) -> Int64 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: Int64.random(in: 0...5_000_000, using: &random)
        case 1: Int64.random(in: 0...min(spanMilliseconds, 9 * 86_400_000), using: &random)
        case 2: Int64.random(in: -299_000...0, using: &random)
        default: Int64.random(in: 0...20_000, using: &random)
        }
    }

    fileprivate func title(_ random: inout SplitMix64) -> String {
        Double.random(in: 0..<1, using: &random) < testShare ? "t1" : "t\(Int.random(in: 0..<titleCount, using: &random))"
    }

    fileprivate func scene(_ topic: Topic, _ random: inout SplitMix64) -> [OracleDraft] {
        let user = users[Int.random(in: 0..<users.count, using: &random)]
        let at = EngineLog.base + Int64.random(in: 0...spanMilliseconds, using: &random)
        let region = Int.random(in: 0..<regionCount, using: &random)
        let title = title(&random)
        var drafts: [OracleDraft]
        switch topic {
        case .play: drafts = play(user, at, title, &random)
        case .quality: drafts = session(user, at, title, &random)
        default:
            let types = EventType.allCases.filter { $0.topic == topic }
            let type = types[Int.random(in: 0..<types.count, using: &random)]
            let seed = random.next()
            drafts = [
                OracleDraft(type: type, user: user, at: at, arrival: 0, id: 0) { event, maker in
                    fill(&event, &maker, seed: seed)
                    event.title = maker.slice(title)
                }
            ]
        }
        for index in drafts.indices {
            let change = drafts[index].change
            drafts[index].change = { event, maker in
                event.region = maker.slice(region == 0 ? "" : "R\(region)")
                change(&event, &maker)
            }
        }
        return drafts
    }

    private func fill(_ event: inout Event, _ maker: inout EventMaker, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        event.artwork = maker.slice(["art-a", "art-b", "art-c", ""][Int.random(in: 0..<4, using: &random)])
        event.value = Double(Int.random(in: 1...10, using: &random)) / 2
        event.flag = Bool.random(using: &random)
        switch event.type.topic {
        case .search:
            let query = "query \(Int.random(in: 0..<max(4, titleCount / 8), using: &random))"
            event.text = maker.slice(Int.random(in: 0..<20, using: &random) == 0 ? String(repeating: "frå ", count: 40) : query)
        case .impression:
            let count = Int.random(in: 0..<15, using: &random) == 0 ? 130 : Int.random(in: 0...8, using: &random)
            event.list = maker.list((0..<count).map { _ in "t\(Int.random(in: 0..<titleCount, using: &random))" })
        case .error: event.text = maker.slice("E\(Int.random(in: 0..<4, using: &random))")
        case .experiment, .attribution:
            event.text = maker.slice(["test", "test", "other"][Int.random(in: 0..<3, using: &random)])
            event.detail = maker.slice(["a", "b"][Int.random(in: 0..<2, using: &random)])
            event.segment = maker.slice(["", "new", "old"][Int.random(in: 0..<3, using: &random)])
            event.value = [0.5, 0.1234, 1][Int.random(in: 0..<3, using: &random)]
            if event.type.topic == .attribution { event.number = EngineLog.sourceOffset(near: event.offset, &random) }
        default: break
        }
    }

    /// A play with its pauses; ends may be missing.
    private func play(_ user: String, _ at: Int64, _ title: String, _ random: inout SplitMix64) -> [OracleDraft] {
        let session = Int.random(in: 0..<3, using: &random) == 0 ? "s" : "s\(at)"
        let duration: Int64? = [nil, 6_000_000, 0][Int.random(in: 0..<3, using: &random)]
        var drafts: [OracleDraft] = []
        var watched: Int64 = 0
        var now = at
        func add(_ type: EventType, position: Int64?) {
            let told = watched
            drafts.append(
                OracleDraft(type: type, user: user, at: now, arrival: 0, id: 0) { event, maker in
                    event.title = maker.slice(title)
                    event.session = maker.slice(session)
                    event.watchedMilliseconds = told
                    if let position { event.positionMilliseconds = position }
                    if type == .seek { event.number = position ?? 0 }
                    if let duration { event.durationMilliseconds = duration }
                })
        }
        if Int.random(in: 0..<8, using: &random) > 0 { add(.playStart, position: 0) }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let step = Int64.random(in: 1000...[100_000, 3_000_000][Int.random(in: 0...1, using: &random)], using: &random)
            now += step
            watched += step
            let type: EventType = [.playPause, .playResume, .seek][Int.random(in: 0..<3, using: &random)]
            add(type, position: Bool.random(using: &random) ? watched : nil)
        }
        if Int.random(in: 0..<6, using: &random) > 0 {
            now += 10
            add(.playStop, position: Int.random(in: 0..<5, using: &random) == 0 ? 7_000_000 : watched)
        }
        return drafts
    }

    /// A playback session over a link that comes and goes.
    private func session(_ user: String, _ at: Int64, _ title: String, _ random: inout SplitMix64) -> [OracleDraft] {
        let session = "s-\(user)-\(Int.random(in: 0..<7, using: &random))"
        var throughput = Int64.random(in: 500...6000, using: &random)
        var buffer: Int64 = 6000
        return (0..<Int64.random(in: 1...12, using: &random)).map { number in
            throughput = max(100, throughput + Int64.random(in: -1200...1200, using: &random))
            buffer = min(max(0, buffer + Int64.random(in: -3000...3500, using: &random)), 30_000)
            let (told, left) = (throughput, buffer)
            let types: [EventType] = [.bufferStart, .bufferEnd, .qualityChange]
            let other = Int.random(in: 0..<12, using: &random)
            let isAdapting = Int.random(in: 0..<6, using: &random) == 0
            let ladders: [[Int64]] = [[], [300, 700, 1500, 3000], [700, 300], [400, 800, 2500, 4000, 6000]]
            let ladder = ladders[Int.random(in: 0..<4, using: &random)]
            return OracleDraft(
                type: other < 3 ? types[other] : .qualitySample, user: user, at: at + number * 2500, arrival: 0, id: 0
            ) { event, maker in
                event.title = maker.slice(title)
                event.session = maker.slice(session)
                event.throughputKbps = told
                event.bufferMilliseconds = left
                event.bitrateKbps = [1500, 3000][Int(number / 4) % 2]
                event.number = number * 3
                event.flag = isAdapting
                if !ladder.isEmpty { event.list = maker.list(ladder) }
            }
        }
    }
}
