package import Catalog
import Events
package import Features
import Glibc

/// Makes believable events of viewers on a catalogue, from a seed, in order of arrival, as NDJSON bytes ready for `POST /v1/events`.
///
/// Hour by hour: sessions that start within the hour are played out whole, then the lines that arrive within it are handed on in order.
package struct ViewerSimulator: Sendable {
    var world: SimulatedWorld
    var recorder: EventRecorder
    var random: SimulationRandom
    var viewers: [SimulatedViewer]
    let settings: SimulationSettings
    let startTime: Int64
    var sessionCount = 0
    /// Running sums of the current viewer's weights over the sets of films.
    var choice: [Double] = []
    /// Indices into the truth's arms: the first of each test.
    let armStarts: [Int]
    /// Times that a planted successor followed, by film.
    var followedCounts: [Int]
    let escapedTests: [EscapedTest]
    private let viewersByRegion: [[Int]]
    /// Viewers who are still to come for the first time, by region; empty where not everyone is to come.
    private var awaited: [[Int]]
    private let activitySums: [[Double]]
    private var arms: [SimulationTruth.Arm]
    private var counts = SimulationTruth.Counts()
    private var plannedHour = 0
    private var hour = EventRecorder.Hour()
    private var lineIndex = 0
    private var sessionDebt = 0.0
    private let hourCount: Int
    /// When the last event that was handed on arrives, milliseconds since 1970; the stream's beginning before the first.
    package private(set) var arrival: Int64

    /// A test's texts, escaped for JSON.
    struct EscapedTest: Sendable {
        var id: [UInt8]
        var film: Int?
        var variants: [(id: [UInt8], artwork: [UInt8], thousandths: Int64)]
    }

    /// `variantOf` answers which variant of `settings.tests[index]` a viewer is to see, nil where they take no part; it is asked once a
    /// viewer and test.
    package init(
        catalog: Catalog, settings: SimulationSettings, variantOf: @Sendable (UserID, Int) -> Int? = { _, _ in nil }
    ) {
        precondition(settings.userCount > 0 && settings.days > 0 && !settings.regions.isEmpty, "a simulation needs users, days and regions")
        self.settings = settings
        var random = SimulationRandom(seed: settings.seed)
        let world = SimulatedWorld(catalog: catalog, settings: settings, random: &random)
        hourCount = settings.days * 24
        startTime = settings.endTime - Int64(hourCount) * EventRecorder.hourMilliseconds
        arrival = startTime
        recorder = EventRecorder(settings: settings, startTime: startTime)
        let tests = settings.tests.map { ViewerSimulator.escaped($0.test, catalog: catalog) }
        escapedTests = tests
        viewers = ViewerSimulator.viewers(settings: settings, world: world, tests: tests, variantOf: variantOf, random: &random)
        let everyone = viewers
        viewersByRegion = settings.regions.indices.map { region in everyone.indices.filter { everyone[$0].region == region } }
        awaited = settings.everyoneComes ? viewersByRegion : []
        activitySums = viewersByRegion.map { members in
            var sum = 0.0
            return members.map {
                sum += everyone[$0].activity
                return sum
            }
        }
        var starts: [Int] = []
        arms = []
        for planted in settings.tests {
            starts.append(arms.count)
            arms += zip(planted.test.variants, planted.winRates).map {
                .init(test: planted.test.id.description, title: planted.test.title.description, variant: $0.id.description, winRate: $1)
            }
        }
        armStarts = starts
        followedCounts = Array(repeating: 0, count: world.films.count)
        self.world = world
        self.random = random
    }

    /// Appends the next events, at most `countMax`, to `bytes`, one line each; answers how many (0: the stream has ended).
    package mutating func next(_ countMax: Int, into bytes: inout [UInt8]) -> Int {
        var count = 0
        while count < countMax, counts.sent < settings.eventCount {
            if lineIndex == hour.lines.count {
                guard plannedHour < hourCount else { break }
                playHour()
                continue
            }
            let line = hour.lines[lineIndex]
            bytes.append(contentsOf: hour.bytes[line.offset..<line.offset + line.count])
            lineIndex += 1
            count += 1
            arrival = line.arrival
            note(line)
        }
        return count
    }

    /// Throws `invalid` where more than one viewer in a hundred was to come and has not by the end of the stream.
    func expectEveryone() throws(ClientError) {
        let awaitedCount = awaited.reduce(0) { $0 + $1.count }
        guard awaitedCount * 100 <= viewers.count else {
            throw ClientError(
                .invalid,
                "\(counts.sent) events are too few for \(viewers.count) viewers to come: \(awaitedCount) have not; give them "
                    + "\(Int(Double(viewers.count) * eventsPerSession * 1.1)) events or more")
        }
    }

    /// What was planted, and what was sent so far.
    package var truth: SimulationTruth {
        SimulationTruth(
            viewers: viewers.map(truth(of:)), trends: world.trends,
            pairs: world.films.indices.compactMap { film in
                world.films[film].successor.map {
                    .init(from: world.films[film].id, to: world.films[$0].id, followedCount: followedCounts[film])
                }
            },
            arms: arms, counts: counts)
    }

    private func truth(of viewer: SimulatedViewer) -> SimulationTruth.Viewer {
        let sum = viewer.taste.reduce(0, +)
        let shares = world.genresByFrequency.map { (world.genreNames[$0], Double(viewer.taste[$0] / sum)) }
        return .init(
            user: viewer.id, region: world.regions[viewer.region].code, isBot: viewer.isBot,
            taste: Dictionary(shares) { first, _ in first }, firstPlay: viewer.firstPlay.map { world.films[$0.film].id },
            firstPlayAt: viewer.firstPlay?.at, playCount: viewer.playCount)
    }

    private mutating func note(_ line: EventRecorder.Line) {
        counts.sent += 1
        if line.isDuplicate {
            counts.duplicates += 1
            return
        }
        counts.distinct += 1
        if line.isLate { counts.late += 1 }
        if line.isBot { counts.bots += 1 }
        counts.byType[line.type.rawValue, default: 0] += 1
        switch line.mark.meaning {
        case .nothing: break
        case .exposed: arms[line.mark.arm].exposedCount += 1
        case .won: arms[line.mark.arm].wonCount += 1
        }
    }

    /// Plays the sessions that start in the next hour. Their number follows the hour of the day and what is still to be sent; the last
    /// hour fills the count.
    private mutating func playHour() {
        let time = startTime + Int64(plannedHour) * EventRecorder.hourMilliseconds
        world.advance(to: time)
        let intensities = (plannedHour..<hourCount).map { intensity(hour: $0) }
        sessionDebt += max(0, sessionsLeft) * intensities[0] / intensities.reduce(0, +)
        let isLast = plannedHour == hourCount - 1
        var starts: [Int64] = []
        while sessionDebt >= 1 {
            sessionDebt -= 1
            starts.append(time + Int64(random.below(Int(EventRecorder.hourMilliseconds))))
        }
        for start in starts.sorted() { playSession(at: start) }
        while isLast && recorder.scheduledCount < settings.eventCount {
            playSession(at: time + Int64(random.below(Int(EventRecorder.hourMilliseconds))))
        }
        hour = recorder.take(hour: plannedHour)
        lineIndex = 0
        plannedHour += 1
    }

    private mutating func playSession(at start: Int64) {
        let hour = Int((start - startTime) / EventRecorder.hourMilliseconds)
        var sum = 0.0
        let sums = settings.regions.indices.map { region in
            sum += intensity(region: region, hour: hour)
            return sum
        }
        let viewer = newcomer() ?? regular(of: random.index(cumulative: sums), at: start)
        sessionCount += 1
        playSession(of: viewer, at: start)
    }

    /// Whoever comes for the first time, so that all have come when the events are at their end; nil where it is not a newcomer's turn.
    private mutating func newcomer() -> Int? {
        let awaitedCount = awaited.reduce(0) { $0 + $1.count }
        guard awaitedCount > 0, random.chance(Double(awaitedCount) / max(1, sessionsLeft)) else { return nil }
        var place = random.below(awaitedCount)
        var region = 0
        while place >= awaited[region].count {
            place -= awaited[region].count
            region += 1
        }
        return awaited[region].popLast()
    }

    private mutating func regular(of region: Int, at start: Int64) -> Int {
        var viewer = 0
        for _ in 0..<16 {
            viewer = viewersByRegion[region][random.index(cumulative: activitySums[region])]
            if viewers[viewer].busyUntil < start { break }
        }
        return viewer
    }

    private var eventsPerSession: Double { sessionCount < 20 ? 25 : Double(recorder.scheduledCount) / Double(sessionCount) }

    private var sessionsLeft: Double { Double(settings.eventCount - recorder.scheduledCount) / eventsPerSession }

    private func intensity(hour: Int) -> Double {
        settings.regions.indices.reduce(0) { $0 + intensity(region: $1, hour: hour) }
    }

    /// Activity of a region's viewers: least at five in the morning, greatest at nine in the evening, by their clock.
    private func intensity(region: Int, hour: Int) -> Double {
        let hourOfDay = Int(startTime / EventRecorder.hourMilliseconds) + hour + settings.regions[region].utcOffsetHours
        let evening = 1 + cos(Double(hourOfDay % 24 - 21) / 24 * 2 * Double.pi)
        return (activitySums[region].last ?? 0) * (0.15 + evening * evening / 4)
    }

    private static func escaped(_ test: ThumbnailTest, catalog: Catalog) -> EscapedTest {
        EscapedTest(
            id: escapedForJSON(test.id.description), film: catalog.index(of: test.title),
            variants: test.variants.map {
                (
                    escapedForJSON($0.id.description), escapedForJSON($0.artwork.description),
                    Int64(($0.weight * test.coverage * 1000).rounded())
                )
            })
    }

    private static func viewers(
        settings: SimulationSettings, world: SimulatedWorld, tests: [EscapedTest], variantOf: (UserID, Int) -> Int?,
        random: inout SimulationRandom
    ) -> [SimulatedViewer] {
        var sum = 0.0
        let regionSums = settings.regions.map { region in
            sum += region.share
            return sum
        }
        return (1...settings.userCount).map { number in
            var viewer = SimulatedViewer(
                number: number, world: world, regionSums: regionSums, botShare: settings.botShare, random: &random)
            guard !viewer.isBot else { return viewer }
            for test in tests.indices {
                guard let film = tests[test].film, world.films[film].isShowable[viewer.region] else { continue }
                guard let variant = variantOf(UserID(viewer.id), test) else { continue }
                precondition(tests[test].variants.indices.contains(variant), "variantOf answered a variant that the test does not have")
                viewer.participations.append(.init(test: test, variant: variant))
            }
            return viewer
        }
    }
}
