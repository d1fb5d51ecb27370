import Foundation
import NIOConcurrencyHelpers
import NIOCore
package import Quality

/// Plays a trace with a simulated player that is a client of a running service: it posts its samples and obeys the signals it is sent.
package struct PlaybackDriver: Sendable {
    private let client: RecsClient
    /// Simulated seconds a second.
    private let speed: Double
    private let session: String
    private let user: String
    private let ladderKbps: [Int32]
    /// Event time of the start: so far back that nothing the player does lies in the future.
    private let startedAt: Int64

    package init(client: RecsClient, speed: Double, session: String, settings: PlayerSettings) {
        self.client = client
        self.speed = speed
        self.session = session
        user = "stub-\(session)"
        ladderKbps = settings.ladderKbps
        startedAt = Int64(Date().timeIntervalSince1970 * 1000) - 4 * settings.videoMilliseconds
    }

    /// Rungs that signals asked for and the player has not yet obeyed.
    private final class Inbox: Sendable {
        private let rungs = NIOLockedValueBox<[Int32]>([])
        func add(_ rung: Int32) { rungs.withLockedValue { $0.append(rung) } }
        func take() -> [Int32] {
            rungs.withLockedValue { rungs in
                defer { rungs.removeAll() }
                return rungs
            }
        }
    }

    /// Plays to the end; `progress` is told the simulated seconds. The player's clock runs `speed` times the wall's.
    package func play(_ start: SimulatedPlayer, progress: @escaping @Sendable (Int64) -> Void) async throws -> PlaybackResult {
        let inbox = Inbox()
        let signals = try await client.events("/v1/sessions/\(RecsClient.encoded(session))/signals")
        return try await withThrowingTaskGroup(of: PlaybackResult?.self) { group in
            group.addTask {
                for try await events in signals {
                    for event in events where event.event == "quality" { if let rung = rung(of: event.data) { inbox.add(rung) } }
                }
                return nil
            }
            group.addTask { try await drive(start, inbox, progress) }
            defer { group.cancelAll() }
            while let finished = try await group.next() { if let finished { return finished } }
            throw ClientError(.interrupted, "the signal stream ended before the playback did; is `recs serve` still running?")
        }
    }

    private func drive(
        _ start: SimulatedPlayer, _ inbox: Inbox, _ progress: @Sendable (Int64) -> Void
    ) async throws -> PlaybackResult {
        var player = start
        var signalCount = 0
        let began = ContinuousClock.now
        while true {
            // The player may not run ahead of the clock, or signals would come late for no fault of the service.
            let due = began + .milliseconds(Int(Double(player.now) / speed))
            if due > .now { try await Task.sleep(until: due, clock: .continuous) }
            for rung in inbox.take() {
                player.obey(rung: rung)
                signalCount += 1
            }
            switch player.advance(until: player.now + 200) {
            case nil: continue
            case .sample(let sample): try await post(sampleFields(sample), type: "quality_sample", at: sample.at)
            case .stallBegan(let at): try await post("\"buffer_ms\":0", type: "buffer_start", at: at)
            case .stallEnded(let at, let stalled): try await post("\"stalled_ms\":\(stalled)", type: "buffer_end", at: at)
            case .switched: break
            case .finished(var result):
                result.signalCount = signalCount
                return result
            }
            progress(player.now / 1000)
        }
    }

    private func sampleFields(_ sample: QualitySample) -> String {
        "\"buffer_ms\":\(sample.bufferMilliseconds),\"throughput_kbps\":\(sample.throughputKbps),\"bitrate_kbps\":\(sample.bitrateKbps),"
            + "\"dropped_frames\":\(sample.droppedFrames),\"adapting\":\(sample.isAdapting),\"ladder_kbps\":\(ladderKbps)"
    }

    private func post(_ fields: String, type: String, at: Int64) async throws {
        let event = """
            {"event_id":"\(UUID().uuidString.lowercased())","event_type":"\(type)","user_id":"\(user)","device_id":"stub",\
            "session_id":"\(session)","timestamp":\(startedAt + at),"region":"LAB","title_id":"playback-stub",\(fields)}
            """
        let answer = try await client.post("/v1/events", contentType: "application/json", body: ByteBuffer(string: event))
        guard answer.isSuccess else { throw RecsClient.error(answer, doing: "posting a \(type)") }
    }

    private func rung(of data: String) -> Int32? {
        struct Signal: Decodable { var rung: Int32 }
        return (try? JSONDecoder().decode(Signal.self, from: Data(data.utf8)))?.rung
    }
}
