import Foundation
import TestSupport
import Testing

extension EndToEndTests {
    /// Quality signals to players.
    @Suite(.server()) struct SignalTests {
        let server: RunningServer
        init() throws { server = try #require(RunningServer.current) }

        private struct Frame: Equatable {
            var id: String
            var event: String
            var data: String
        }

        private func frames(_ text: String) -> [Frame] {
            text.components(separatedBy: "\n\n").compactMap { block in
                var fields: [String: String] = [:]
                for line in block.split(separator: "\n") {
                    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    if parts.count == 2, !parts[0].isEmpty { fields[String(parts[0])] = String(parts[1].drop { $0 == " " }) }
                }
                guard let id = fields["id"], let event = fields["event"], let data = fields["data"] else { return nil }
                return Frame(id: id, event: event, data: data)
            }
        }

        private func subscribe(_ session: String, after id: String? = nil) throws -> ChildProcess {
            let header = id.map { ["-H", "Last-Event-ID: \($0)"] } ?? []
            return try ChildProcess("curl", ["-sN"] + header + ["\(server.url)/v1/sessions/\(session)/signals"])
        }

        /// A buffer that empties while the throughput falls below every rung but the lowest, then recovers, then empties again.
        private func drain(_ session: String, of user: String = "p", from start: Int64, seconds: Int64) async throws {
            for second in 0..<seconds {
                let buffer = max(200, 20_000 - second * 1500)
                let fields =
                    "\"title_id\":\"sintel\",\"buffer_ms\":\(buffer),\"throughput_kbps\":\(second < 4 ? 5000 : 400),\"bitrate_kbps\":4300,"
                    + "\"ladder_kbps\":[235,750,1750,3000,4300]"
                try await server.post([EventText.event("quality_sample", of: user, fields, at: start + second * 1000, session: session)])
            }
        }

        @Test func drainingBufferBringsASignalThatCanBeResumed() async throws {
            struct Signal: Decodable {
                var session: String
                var rung: Int
                var bitrateKbps: Int
                var emptiesInMs: Int?
                var reason: String
                var at: Int64
            }
            let start = millisecondsNow() - 60_000
            let player = try subscribe("s-drain")
            let isOpen = await comesTrue { player.standardOutput.contains("retry:") }
            #expect(isOpen)
            try await drain("s-drain", from: start, seconds: 14)
            let arrived = await comesTrue(within: 10) { !frames(player.standardOutput).isEmpty }
            try #require(arrived, "no signal: \(player.standardOutput)")
            let first = try #require(frames(player.standardOutput).first)
            #expect(first.event == "quality")
            let signal = try Answer.decoded(Signal.self, from: Data(first.data.utf8))
            #expect(signal.session == "s-drain" && signal.bitrateKbps < 4300 && !signal.reason.isEmpty && signal.at >= start)
            player.signal(SIGKILL)

            let again = try subscribe("s-drain", after: "0-0")
            let hasAll = await comesTrue(within: 10) { frames(again.standardOutput).first == first }
            #expect(hasAll)
            let resumed = try subscribe("s-drain", after: first.id)
            try await drain("s-drain", from: start + 30_000, seconds: 14)
            let isLonger = await comesTrue(within: 10) { frames(again.standardOutput).count > 1 }
            #expect(isLonger)
            let later = Array(frames(again.standardOutput).dropFirst())
            let hasLater = await comesTrue(within: 10) { frames(resumed.standardOutput).starts(with: later) }
            #expect(hasLater, "\(frames(resumed.standardOutput)) after \(first)")
            #expect(!frames(resumed.standardOutput).contains(first))
            again.signal(SIGKILL)
            resumed.signal(SIGKILL)
        }

        @Test func aSessionMayHaveAnyName() async throws {
            let player = try subscribe("s%20%C3%A4%2F1", after: "0-0")
            let isOpen = await comesTrue { player.standardOutput.contains("retry:") }
            #expect(isOpen)
            try await drain("s ä/1", of: "q", from: millisecondsNow() - 60_000, seconds: 14)
            let arrived = await comesTrue(within: 10) { !frames(player.standardOutput).isEmpty }
            #expect(arrived, "no signal: \(player.standardOutput)")
            player.signal(SIGTERM)
        }

        @Test func listeningPlayerDoesNotKeepAServerFromStopping() async throws {
            let own = try await RunningServer.start()
            let player = try ChildProcess("curl", ["-sN", "\(own.url)/v1/sessions/s/signals"])
            let isOpen = await comesTrue { player.standardOutput.contains("retry:") }
            #expect(isOpen)
            own.process.signal(SIGTERM)
            let hasStopped = await comesTrue(within: 10) { !own.process.isRunning }
            #expect(hasStopped)
            player.signal(SIGKILL)
        }

        @Test func wrongLastEventIDIsRefused() async throws {
            let answer = try await server.get("/v1/sessions/s/signals", headers: ["Last-Event-ID": "yesterday"])
            #expect(answer.status == 400)
        }

        @Test func playbackStubPrintsBothNumbers() async throws {
            struct Result: Decodable {
                struct Pair: Decodable {
                    var withSignals: Double
                    var withoutSignals: Double
                }
                var live: Bool
                var stallSeconds: Pair
                var bitrateKbpsMean: Pair
            }
            let trace = Repository.root.appendingPathComponent("Data/traces/tunnel.json").path
            for address in [[], ["--url", server.url, "--speed", "30"]] {
                let run = try await RecsBinary.run(["playback-stub", "--trace", trace, "--seconds", "60", "--json"] + address)
                #expect(run.status == 0, "\(run.errors)")
                let result = try Answer.decoded(Result.self, from: Data(run.output.utf8))
                #expect(result.live == !address.isEmpty)
                #expect(result.stallSeconds.withSignals <= result.stallSeconds.withoutSignals)
                #expect(result.bitrateKbpsMean.withSignals > 0 && result.bitrateKbpsMean.withoutSignals > 0)
            }
        }

        @Test func severalTracesHaveATotal() async throws {
            struct Pair: Decodable {
                var withSignals: Double
                var withoutSignals: Double
            }
            struct Result: Decodable {
                var trace: String?
                var stallSeconds: Pair
                var bitrateKbpsMean: Pair
            }
            struct Results: Decodable {
                var traces: [Result]
                var total: Result
            }
            let paths = ["tunnel", "fading", "stable"].map { Repository.root.appendingPathComponent("Data/traces/\($0).json").path }
            // In a row, as a shell expands a pattern, and each with its own option.
            for arguments in [["--trace"] + paths, paths.flatMap { ["--trace", $0] }] {
                let run = try await RecsBinary.run(["playback-stub", "--json", "--seconds", "60"] + arguments)
                #expect(run.status == 0, "\(run.errors)")
                let results = try Answer.decoded(Results.self, from: Data(run.output.utf8))
                #expect(results.traces.map(\.trace) == paths && results.total.trace == nil)
                for side in [\Pair.withSignals, \.withoutSignals] {
                    let stalls = results.traces.reduce(0) { $0 + $1.stallSeconds[keyPath: side] }
                    let bitrates = results.traces.reduce(0) { $0 + $1.bitrateKbpsMean[keyPath: side] }
                    #expect(abs(results.total.stallSeconds[keyPath: side] - stalls) < 1e-6)
                    #expect(abs(results.total.bitrateKbpsMean[keyPath: side] - bitrates / 3) < 1e-6)
                }
            }
            let table = try await RecsBinary.run(["playback-stub", "--seconds", "60", "--trace"] + paths)
            for word in paths + ["all 3 traces", "of the mean bitrate"] { #expect(table.output.contains(word), "\(table.output)") }
        }

        @Test func playbackStubNamesWhatItCannotRead() async throws {
            let good = Repository.root.appendingPathComponent("Data/traces/tunnel.json").path
            let missing = try await RecsBinary.run("playback-stub", "--trace", good, "no-such-trace.json")
            #expect(missing.status == 1 && missing.errors.contains("no-such-trace.json") && missing.output.isEmpty)
            let file = server.folder.path("no-trace.json")
            try "{}".write(toFile: file, atomically: true, encoding: .utf8)
            let wrong = try await RecsBinary.run("playback-stub", "--trace", file)
            #expect(wrong.status == 1 && wrong.errors.contains(file))
            let none = try await RecsBinary.run("playback-stub")
            #expect(none.status == 64 && none.errors.contains("--trace"))
        }
    }
}
