import Events
import Features
import Jobs
import TestSupport
import Testing

@Suite struct HourlyPlayTests {
    @Test func theFirstOfEachIDIsTold() {
        var random = SplitMix64(seed: 5)
        var distinct = DistinctEvents(capacity: 4)
        var model: Set<EventID> = []
        for _ in 0..<200 {
            // Few different ids, many that differ in one half only, and the one of zeros.
            let ids = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                EventID(high: UInt64.random(in: 0...60, using: &random), low: UInt64.random(in: 0...60, using: &random))
            }
            var isFirst = [Bool](repeating: false, count: ids.count)
            ids.withUnsafeBufferPointer { ids in isFirst.withUnsafeMutableBufferPointer { distinct.mark(ids, isFirst: $0) } }
            #expect(isFirst == ids.map { model.insert($0).inserted })
        }
        #expect(distinct.count == model.count)
    }

    @Test func playsAreCountedByViewerGenreAndHour() {
        struct Window: Hashable {
            var user: Name
            var genre: GenreID
            var hour: Int
        }
        var random = SplitMix64(seed: 6)
        var plays = HourlyPlays(capacity: 4)
        var model: [Window: Int64] = [:]
        for _ in 0..<20_000 {
            let user = Name(raw: UInt32.random(in: 1...40, using: &random))
            let genre = GenreID(UInt8.random(in: 1...254, using: &random))
            let time = Int64.random(in: 490_000...490_010, using: &random) * 3_600_000 + Int64.random(in: 0..<3_600_000, using: &random)
            plays.add(user: user, genre: genre, at: time)
            model[Window(user: user, genre: genre, hour: Int(time / 3_600_000)), default: 0] += 1
        }
        plays.settle()
        var found: [Window: Int64] = [:]
        plays.forEach { found[Window(user: $0.user, genre: $0.genre, hour: $0.hour)] = $0.count }
        #expect(found == model)
        #expect(plays.count == model.count)
    }

    @Test func trafficIsToldAsByHasPrefix() {
        var random = SplitMix64(seed: 7)
        func text(_ letters: String, _ count: ClosedRange<Int>) -> String {
            String((0..<Int.random(in: count, using: &random)).map { _ in letters.randomElement(using: &random)! })
        }
        for _ in 0..<3000 {
            let prefixes = (0..<3).map { _ in text("ab", 0...12) }
            let filter = TrafficFilter(prefixes: prefixes)
            let (user, device) = (text("ab", 0...14), text("ab", 0...14))
            var maker = EventMaker()
            var event = maker.event(.playStart, at: 0)
            event.user = maker.slice(user)
            event.device = maker.slice(device)
            let matches = maker.bytes.withUnsafeBytes { filter.matches(event, bytes: $0) }
            let expected = prefixes.contains { !$0.isEmpty && (user.hasPrefix($0) || device.hasPrefix($0)) }
            #expect(matches == expected, "\(prefixes) \(user) \(device)")
        }
    }
}
