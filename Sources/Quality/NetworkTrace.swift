internal import Foundation

/// A recorded or made-up link: stretches of constant bandwidth, repeated from the start when they end.
package struct NetworkTrace: Sendable, Equatable {
    package struct Stretch: Sendable, Equatable {
        package var milliseconds: Int64
        package var bandwidthKbps: Int64
        /// Time from a request to its first byte.
        package var latencyMilliseconds: Int64

        package init(milliseconds: Int64, bandwidthKbps: Int64, latencyMilliseconds: Int64) {
            self.milliseconds = milliseconds
            self.bandwidthKbps = bandwidthKbps
            self.latencyMilliseconds = latencyMilliseconds
        }
    }

    /// At least one; each lasts at least a millisecond, and one at least carries something.
    package let stretches: [Stretch]
    /// Time of one pass.
    package let milliseconds: Int64

    package init(_ stretches: [Stretch]) throws(TraceError) {
        guard !stretches.isEmpty else { throw TraceError("the trace is empty: give at least one stretch") }
        for (index, stretch) in stretches.enumerated() {
            guard stretch.milliseconds > 0, stretch.milliseconds <= Self.valueMax else {
                throw TraceError("stretch \(index): duration_ms is \(stretch.milliseconds), expected 1…\(Self.valueMax)")
            }
            guard 0...Self.valueMax ~= stretch.bandwidthKbps, 0...Self.valueMax ~= stretch.latencyMilliseconds else {
                throw TraceError("stretch \(index): bandwidth_kbps and latency_ms must be 0…\(Self.valueMax)")
            }
        }
        guard stretches.contains(where: { $0.bandwidthKbps > 0 }) else {
            throw TraceError("the trace carries nothing: bandwidth_kbps is 0 everywhere")
        }
        self.stretches = stretches
        milliseconds = stretches.reduce(0) { $0 + $1.milliseconds }
    }

    /// Reads the format of the Sabre simulator: `[{"duration_ms": …, "bandwidth_kbps": …, "latency_ms": …}, …]`.
    package init(json: [UInt8]) throws(TraceError) {
        let rows: [Row]
        do {
            rows = try JSONDecoder().decode([Row].self, from: Data(json))
        } catch {
            throw TraceError("not a network trace (a JSON list of duration_ms, bandwidth_kbps, latency_ms): \(Self.words(for: error))")
        }
        try self.init(
            rows.map { row throws(TraceError) in
                guard let milliseconds = Int64(exactly: row.durationMs.rounded()),
                    let kbps = Int64(exactly: row.bandwidthKbps.rounded()), let latency = Int64(exactly: row.latencyMs.rounded())
                else { throw TraceError("not a network trace: a number is out of range") }
                return Stretch(milliseconds: milliseconds, bandwidthKbps: kbps, latencyMilliseconds: latency)
            })
    }

    /// `[3].bandwidth_kbps: …`.
    private static func words(for error: any Error) -> String {
        let place: (DecodingError.Context, (any CodingKey)?)? =
            switch error as? DecodingError {
            case .keyNotFound(let key, let context): (context, key)
            case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context): (context, nil)
            default: nil
            }
        guard let (context, key) = place else { return "\(error)" }
        let path = (context.codingPath + (key.map { [$0] } ?? [])).map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    }

    private static let valueMax: Int64 = 1_000_000_000

    private struct Row: Decodable {
        var durationMs: Double
        var bandwidthKbps: Double
        var latencyMs: Double

        enum CodingKeys: String, CodingKey {
            case durationMs = "duration_ms"
            case bandwidthKbps = "bandwidth_kbps"
            case latencyMs = "latency_ms"
        }
    }
}

/// A network trace that cannot be played: where, and what is wrong.
package struct TraceError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// A place in a trace: what the link does now, and for how long.
struct TraceCursor: Sendable {
    private let trace: NetworkTrace
    private var index = 0
    private(set) var remainingMilliseconds: Int64

    init(_ trace: NetworkTrace, startMilliseconds: Int64) {
        self.trace = trace
        remainingMilliseconds = trace.stretches[0].milliseconds
        var toSkip = startMilliseconds % trace.milliseconds
        while toSkip > 0 {
            let step = min(toSkip, remainingMilliseconds)
            advance(step)
            toSkip -= step
        }
    }

    var stretch: NetworkTrace.Stretch { trace.stretches[index] }

    /// Moves on; `milliseconds` is at most what remains of the stretch.
    mutating func advance(_ milliseconds: Int64) {
        precondition(milliseconds <= remainingMilliseconds)
        remainingMilliseconds -= milliseconds
        guard remainingMilliseconds == 0 else { return }
        index = (index + 1) % trace.stretches.count
        remainingMilliseconds = trace.stretches[index].milliseconds
    }
}
