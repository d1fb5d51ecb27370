import Features
import TestSupport
import Testing

/// Windows against the raw list of everything that was added.
@Suite struct WindowTests {
    private struct Addition {
        var genre: UInt8
        var weight: Int64
        var at: Int64
    }

    private let now: Int64 = 1_760_000_123_456

    @Test(arguments: 0..<20) func tasteIsTheSumOfTheTilesInAnyOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let additions = additions(&random)
        var taste = TasteWindows()
        for addition in additions { taste.add(genre: GenreID(addition.genre), weight: addition.weight, at: addition.at) }
        var other = TasteWindows()
        for addition in additions.shuffled(using: &random) {
            other.add(genre: GenreID(addition.genre), weight: addition.weight, at: addition.at)
        }
        #expect(taste == other, "the state does not depend on the order")
        for window in [TasteWindow.hour, .day, .week] {
            for at in [now, now + 7_000_000, now - 400_000] {
                #expect(byGenre(taste.weights(window: window, at: at)) == expected(additions, window, at: at))
            }
        }
    }

    @Test(arguments: 0..<20) func expiryBetweenAdditionsChangesNoWindow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let additions = additions(&random)
        var taste = TasteWindows()
        for addition in additions {
            taste.add(genre: GenreID(addition.genre), weight: addition.weight, at: addition.at)
            if Bool.random(using: &random) { taste.expire(logTime: now - Int64.random(in: 0...1_000_000, using: &random)) }
        }
        taste.expire(logTime: now)
        for window in [TasteWindow.hour, .day, .week] {
            #expect(byGenre(taste.weights(window: window, at: now)) == expected(additions, window, at: now))
        }
    }

    @Test(arguments: 0..<20) func countsAreTheSumOfTheTiles(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let additions = additions(&random)
        var parts = [CountTiles(), CountTiles()]
        for (place, addition) in additions.enumerated() { parts[place % 2].add(count: addition.weight, at: addition.at) }
        var tiles = parts[0]
        tiles.merge(parts[1])
        #expect(tiles.total == additions.reduce(0) { $0 + $1.weight })
        #expect(tiles.count(window: .lifetime, at: 0) == tiles.total)
        tiles.expire(logTime: now)
        for window in [TasteWindow.hour, .day, .week] {
            let sum = expected(additions, window, at: now).values.reduce(0, +)
            #expect(tiles.count(window: window, at: now) == sum)
        }
    }

    @Test func anHourIsTheTileUnderWayAndTheElevenBefore() {
        var tiles = CountTiles()
        let tileStart: Int64 = 300_000 * 6_000_000
        tiles.add(count: 1, at: tileStart)
        #expect(tiles.count(window: .hour, at: tileStart) == 1)
        #expect(tiles.count(window: .hour, at: tileStart + 12 * 300_000 - 1) == 1)
        #expect(tiles.count(window: .hour, at: tileStart + 12 * 300_000) == 0)
        #expect(tiles.count(window: .hour, at: tileStart - 1) == 0)
    }

    @Test func cellsAreBounded() {
        var taste = TasteWindows()
        for minute in Int64(0)..<20_000 {
            taste.add(genre: GenreID(UInt8(1 + minute % 3)), weight: 1, at: now + minute * 60_000)
            taste.expire(logTime: now + minute * 60_000)
        }
        var writer = StateWriter()
        taste.encode(into: &writer)
        // 13 + 25 + 8 tiles of 3 genres at 3 to 9 bytes, and 3 lifetimes.
        #expect(writer.bytes.count < 46 * 3 * 9)
    }

    @Test func absurdTimesDoNotTrap() {
        for at in [Int64.min, -1, 0, Int64.max] {
            var taste = TasteWindows()
            taste.add(genre: GenreID(1), weight: 1000, at: at)
            for window in TasteWindow.allCases { #expect(taste.weights(window: window, at: at).count <= 1) }
            taste.expire(logTime: at)
        }
    }

    private func additions(_ random: inout SplitMix64) -> [Addition] {
        let spans: [Int64] = [3_600_000, 86_400_000, 10 * 86_400_000]
        return (0..<200).map { _ in
            Addition(
                genre: UInt8.random(in: 1...6, using: &random), weight: Int64.random(in: -300...1000, using: &random),
                at: now - Int64.random(in: -200_000...spans.randomElement(using: &random)!, using: &random))
        }
    }

    /// By the definition: tiles of the additions from the one of `at` back, summed from the raw list.
    private func expected(_ additions: [Addition], _ window: TasteWindow, at: Int64) -> [UInt8: Int64] {
        let (length, count): (Int64, Int64) =
            switch window {
            case .hour: (5 * 60_000, 12)
            case .day: (60 * 60_000, 24)
            default: (24 * 60 * 60_000, 7)
            }
        var sums: [UInt8: Int64] = [:]
        for addition in additions where addition.at / length <= at / length && addition.at / length > at / length - count {
            sums[addition.genre, default: 0] += addition.weight
        }
        return sums
    }

    private func byGenre(_ weights: [(genre: GenreID, weight: Double)]) -> [UInt8: Int64] {
        Dictionary(uniqueKeysWithValues: weights.map { ($0.genre.raw, Int64(($0.weight * 1000).rounded())) })
    }
}
