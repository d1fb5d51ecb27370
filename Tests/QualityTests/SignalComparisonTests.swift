import Foundation
import TestSupport
import Testing

@testable import Quality

/// The promise of the signals on our own traces: less stalling for a plain client at hardly any loss of bitrate, and nothing changed for a
/// client that watches its buffer by itself.
@Suite struct SignalComparisonTests {
    private static let names = ["fading", "sawtooth", "stable", "tunnel"]

    private func comparisons(_ name: String, rule: AdaptationRule) throws -> [SignalComparison] {
        let file = Repository.root.appendingPathComponent("Data/traces/\(name).json")
        let trace = try NetworkTrace(json: [UInt8](Data(contentsOf: file)))
        return (0..<4).map { compare(trace: trace, startMilliseconds: Int64($0) * trace.milliseconds / 4, rule: rule) }
    }

    @Test(arguments: names) func aPlainClientStallsLessAndKeepsItsBitrate(name: String) throws {
        let played = try comparisons(name, rule: .throughput)
        let before = played.reduce(0) { $0 + $1.withoutSignals.stallSeconds }
        let after = played.reduce(0) { $0 + $1.withSignals.stallSeconds }
        #expect(after < before || before == 0 && after == 0)
        let kept =
            played.reduce(0) { $0 + $1.withSignals.bitrateKbpsMean } / played.reduce(0) { $0 + $1.withoutSignals.bitrateKbpsMean }
        #expect(kept >= 0.95)
    }

    @Test func droppingLinksAreWhereSignalsHelp() throws {
        for name in ["tunnel", "fading"] {
            let played = try comparisons(name, rule: .throughput)
            #expect(played.contains { $0.withoutSignals.stallSeconds > 0 && $0.withSignals.stallSeconds < $0.withoutSignals.stallSeconds })
        }
    }

    @Test(arguments: names) func nothingGetsWorseForBola(name: String) throws {
        for played in try comparisons(name, rule: .bola) {
            #expect(played.withSignals.stallSeconds <= played.withoutSignals.stallSeconds)
            #expect(played.withSignals.bitrateKbpsMean >= played.withoutSignals.bitrateKbpsMean)
        }
    }

    @Test func totalAddsTimesAndAveragesBitrates() throws {
        let played = try Self.names.flatMap { try comparisons($0, rule: .throughput) }
        let total = SignalComparison(totalOf: played)
        for side in [\SignalComparison.withSignals, \.withoutSignals] {
            let results = played.map { $0[keyPath: side] }
            #expect(abs(total[keyPath: side].stallSeconds - results.reduce(0) { $0 + $1.stallSeconds }) < 1e-6)
            let mean = results.reduce(0) { $0 + $1.bitrateKbpsMean } / Double(results.count)
            #expect(abs(total[keyPath: side].bitrateKbpsMean - mean) < 1e-6)
            #expect(total[keyPath: side].stallCount == results.reduce(0) { $0 + $1.stallCount })
            #expect(total[keyPath: side].signalCount == results.reduce(0) { $0 + $1.signalCount })
        }
        #expect(SignalComparison(totalOf: [played[0]]) == played[0])
    }

    @Test func aComparisonIsRepeatable() throws {
        #expect(try comparisons("fading", rule: .throughput) == comparisons("fading", rule: .throughput))
    }
}
