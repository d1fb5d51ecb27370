import Foundation
import Oracle
import TestSupport

/// The streams of quality signals as they lie in Redis.
struct StoredSignals {
    /// By session, in the order of their streams.
    private(set) var signals: [String: [OracleQualitySignal]] = [:]
    /// When they were read, milliseconds since 1970.
    let readAt = millisecondsNow()

    private struct Payload: Decodable {
        var session: String
        var rung: Int64
        var bitrateKbps: Int64
        var emptiesInMs: Int64
        var reason: String
        var at: Int64
    }

    /// Reads all streams. `masters`: arguments by which `redis-cli` reaches each of the servers.
    init(_ masters: [[String]]) throws {
        for master in masters {
            let keys = try StoredSignals.run(master + ["--scan", "--pattern", "recs:{s:*}:signals"]).split(separator: "\n").map(String.init)
            let asked = keys.map { "XRANGE \"\($0)\" - +\n" }.joined()
            let answers = try StoredSignals.run(master + ["--json"], input: asked).split(separator: "\n")
            guard answers.count == keys.count else {
                throw TortureError("redis-cli answers \(answers.count) of \(keys.count) questions for signals")
            }
            for (key, answer) in zip(keys, answers) {
                let session = String(key.dropFirst("recs:{s:".count).dropLast("}:signals".count))
                signals[session, default: []] += try StoredSignals.entries(answer)
            }
        }
    }

    /// `[["7-0",["d","{…}"]],…]`; an id is one more than the offset of the record that the signal came of.
    private static func entries(_ answer: Substring) throws -> [OracleQualitySignal] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let entries = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [[Any]] ?? []
        return try entries.map { entry in
            guard entry.count == 2, let id = entry[0] as? String, let offset = Int64(id.prefix { $0 != "-" }),
                let fields = entry[1] as? [String], fields.count == 2
            else { throw TortureError("a stream of signals holds \(entry)") }
            let signal = try decoder.decode(Payload.self, from: Data(fields[1].utf8))
            return OracleQualitySignal(
                session: signal.session, offset: offset - 1, rung: signal.rung, bitrate: signal.bitrateKbps, empties: signal.emptiesInMs,
                reason: signal.reason, at: signal.at)
        }
    }

    private static func run(_ arguments: [String], input: String? = nil) throws -> String {
        let run = try ChildProcess.run("redis-cli", ["-e"] + arguments, input: input.map { Data($0.utf8) })
        guard run.status == 0 else {
            throw TortureError("redis-cli \(arguments.joined(separator: " ")): \(run.output.prefix(500)) \(run.errors)")
        }
        return run.output
    }
}
