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

            A trace is a JSON list of {"duration_ms", "bandwidth_kbps", "latency_ms"}.

            Examples:
              recs playback-stub --trace Data/traces/tunnel.json
              recs playback-stub --trace Data/traces/tunnel.json --url http://127.0.0.1:8080 --json
            """)

    @Option(help: "The network trace.")
    var trace: String

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
        guard speed > 0, seconds > 0 else { throw ValidationError("--speed and --seconds must be greater than 0") }
        guard let file = FileManager.default.contents(atPath: trace) else {
            throw ValidationError("cannot read \(trace); name a network trace")
        }
        let network = try NetworkTrace(json: [UInt8](file))
        var settings = PlayerSettings()
        settings.videoMilliseconds = seconds * 1000
        var comparison = compare(trace: network, rule: rule, player: settings)
        if let url { comparison.withSignals = try await playLive(network, rule, settings, url) }
        output(json ? jsonText(comparison) : text(comparison))
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

    private func text(_ comparison: SignalComparison) -> String {
        var table = Table(["", "stalls", "stall seconds", "mean kbps", "switches", "signals"], numeric: [1, 2, 3, 4, 5])
        for (name, result) in [("with signals", comparison.withSignals), ("without signals", comparison.withoutSignals)] {
            table.add([
                name, "\(result.stallCount)", fixed(result.stallSeconds, 1), fixed(result.bitrateKbpsMean, 0), "\(result.switchCount)",
                "\(result.signalCount)",
            ])
        }
        return table.text
    }

    private func jsonText(_ comparison: SignalComparison) -> String {
        func object(_ result: PlaybackResult) -> String {
            "{\"stall_seconds\":\(result.stallSeconds),\"bitrate_kbps_mean\":\(result.bitrateKbpsMean),\"stalls\":\(result.stallCount),"
                + "\"switches\":\(result.switchCount),\"signals\":\(result.signalCount)}"
        }
        // The two values asked for most stand at the top as well, each with and without.
        func pair(_ with: Double, _ without: Double) -> String { "{\"with_signals\":\(with),\"without_signals\":\(without)}" }
        return "{\"trace\":\(quoted(trace)),\"rule\":\"\(rule)\",\"live\":\(url != nil),"
            + "\"stall_seconds\":\(pair(comparison.withSignals.stallSeconds, comparison.withoutSignals.stallSeconds)),"
            + "\"bitrate_kbps_mean\":\(pair(comparison.withSignals.bitrateKbpsMean, comparison.withoutSignals.bitrateKbpsMean)),"
            + "\"with_signals\":\(object(comparison.withSignals)),\"without_signals\":\(object(comparison.withoutSignals))}"
    }

    private func quoted(_ text: String) -> String {
        (try? String(decoding: JSONEncoder().encode(text), as: UTF8.self)) ?? "\"\""
    }
}
