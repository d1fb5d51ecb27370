import ArgumentParser
import Foundation
import Quality
import Service

/// `recs playback-stub`: what quality signals do for a player on a network trace.
struct PlaybackStub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "playback-stub",
        abstract: "Play a network trace with and without quality signals; print stalls and bitrate.",
        discussion: """
            With --url the player is a client of a running service: it posts samples and listens to the signals it is sent (its clock runs
            --speed times ours). Without, the predictor runs in this process and signals arrive after 200 ms of the player's time.

            A trace is a JSON list of {"duration_ms", "bandwidth_kbps", "latency_ms"}. Of several, each is played for as long, and a total
            follows; --json then prints {"traces": […], "total": {…}}.

            Examples:
              recs playback-stub --trace Data/traces/tunnel.json
              recs playback-stub --trace Data/traces/*.json
              recs playback-stub --trace Data/traces/tunnel.json --url http://127.0.0.1:8080 --json
            """)

    @Option(parsing: .upToNextOption, help: "The network trace, or several.")
    var trace: [String]

    @Option(help: "Address of the service; without it the predictor runs in this process.")
    var url: String?

    @Option(help: "API key (or RECS_API_KEY), where the service asks for one.")
    var key: String?

    @Option(help: "How the client chooses by itself: throughput or bola.")
    var rule: String = AdaptationRule.throughput.rawValue

    @Option(help: "Simulated seconds a second, with --url.")
    var speed = 20.0

    @Option(help: "Seconds of video.")
    var seconds: Int64 = 600

    @Flag(help: "Print the result as JSON.")
    var json = false

    func run() async throws {
        guard let rule = AdaptationRule(rawValue: rule) else {
            throw ValidationError("--rule is `\(rule)`; use \(AdaptationRule.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        guard (0.01...1000).contains(speed), (1...86_400).contains(seconds) else {
            throw ValidationError("--speed is 0.01 to 1000, --seconds 1 to 86400")
        }
        // All are read before the first is played: a live playback takes its time.
        let networks = try trace.map { (path: $0, network: try PlaybackStub.network($0)) }
        var settings = PlayerSettings()
        settings.videoMilliseconds = seconds * 1000
        var played: [Played] = []
        for (path, network) in networks {
            var comparison = compare(trace: network, rule: rule, player: settings)
            if let url { comparison.withSignals = try await playLive(network, rule, settings, url) }
            played.append(Played(trace: path, comparison: comparison))
        }
        output(json ? jsonText(played) : PlaybackStub.text(played))
    }

    /// What came of one trace.
    private struct Played {
        var trace: String
        var comparison: SignalComparison
    }

    private static func network(_ path: String) throws -> NetworkTrace {
        guard let file = FileManager.default.contents(atPath: path) else {
            throw ResourceError(description: "cannot read \(path); name a network trace")
        }
        do {
            return try NetworkTrace(json: [UInt8](file))
        } catch {
            throw ResourceError(description: "\(path): \(error)")
        }
    }

    private func playLive(_ network: NetworkTrace, _ rule: AdaptationRule, _ settings: PlayerSettings, _ url: String) async throws
        -> PlaybackResult
    {
        try await RecsClient.with(url, apiKey: key ?? ProcessInfo.processInfo.environment["RECS_API_KEY"]) { client in
            let session = "stub-\(UUID().uuidString.prefix(8).lowercased())"
            let driver = PlaybackDriver(client: client, speed: speed, session: session, settings: settings)
            let progress = Progress()
            defer { progress.end() }
            let length = seconds
            return try await driver.play(SimulatedPlayer(trace: network, rule: rule, settings: settings)) {
                progress.show("\($0) s played of about \(length) s")
            }
        }
    }

    // MARK: Tables

    private static func text(_ played: [Played]) -> String {
        if played.count == 1 { return table(played[0].comparison) }
        let total = SignalComparison(totalOf: played.map(\.comparison))
        let parts = played.map { "\($0.trace)\n\(table($0.comparison))\n" }
        return (parts + ["all \(played.count) traces: \(change(total))", table(total)]).joined(separator: "\n")
    }

    private static func table(_ comparison: SignalComparison) -> String {
        var table = Table(["", "stalls", "stall seconds", "mean kbps", "switches", "signals"], numeric: [1, 2, 3, 4, 5])
        for (name, result) in [("with signals", comparison.withSignals), ("without signals", comparison.withoutSignals)] {
            table.add([
                name, "\(result.stallCount)", fixed(result.stallSeconds, 1), fixed(result.bitrateKbpsMean, 0), "\(result.switchCount)",
                "\(result.signalCount)",
            ])
        }
        return table.text
    }

    /// What the signals changed, in per cent of what was without them.
    private static func change(_ total: SignalComparison) -> String {
        func share(_ with: Double, _ without: Double) -> String { without > 0 ? "\(fixed(with / without * 100, 1)) %" : "–" }
        let (with, without) = (total.withSignals, total.withoutSignals)
        return "with signals \(share(with.stallSeconds, without.stallSeconds)) of the stall time, "
            + "\(share(with.bitrateKbpsMean, without.bitrateKbpsMean)) of the mean bitrate"
    }

    // MARK: JSON

    /// One trace's object; of several, all of them and their total.
    private func jsonText(_ played: [Played]) -> String {
        let objects = played.map { object("\"trace\":\(quoted($0.trace)),", $0.comparison) }
        if objects.count == 1 { return objects[0] }
        let total = object("", SignalComparison(totalOf: played.map(\.comparison)))
        return "{\"traces\":[\(objects.joined(separator: ","))],\"total\":\(total)}"
    }

    private func object(_ head: String, _ comparison: SignalComparison) -> String {
        func object(_ result: PlaybackResult) -> String {
            "{\"stall_seconds\":\(result.stallSeconds),\"bitrate_kbps_mean\":\(result.bitrateKbpsMean),\"stalls\":\(result.stallCount),"
                + "\"switches\":\(result.switchCount),\"signals\":\(result.signalCount)}"
        }
        // The two values asked for most stand at the top as well, each with and without.
        func pair(_ with: Double, _ without: Double) -> String { "{\"with_signals\":\(with),\"without_signals\":\(without)}" }
        return "{\(head)\"rule\":\"\(rule)\",\"live\":\(url != nil),"
            + "\"stall_seconds\":\(pair(comparison.withSignals.stallSeconds, comparison.withoutSignals.stallSeconds)),"
            + "\"bitrate_kbps_mean\":\(pair(comparison.withSignals.bitrateKbpsMean, comparison.withoutSignals.bitrateKbpsMean)),"
            + "\"with_signals\":\(object(comparison.withSignals)),\"without_signals\":\(object(comparison.withoutSignals))}"
    }

    private func quoted(_ text: String) -> String {
        (try? String(decoding: JSONEncoder().encode(text), as: UTF8.self)) ?? "\"\""
    }
}
