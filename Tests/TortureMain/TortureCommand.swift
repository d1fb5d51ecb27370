import ArgumentParser
import Foundation
import TestSupport
import Torture

/// `torture`: kills every part of the service while events flow, and counts what is lost and what is counted twice.
@main
struct TortureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture", abstract: "Kill every part of recs while events flow; count what is lost and what is counted twice.",
        discussion: """
            The output is the verdict, one line. To stderr go progress, then how often each kind of disturbance was planned, dealt and \
            survived, how long the parts of the run took, and the first differences.

            Exit code 0 where nothing is lost, doubled or otherwise different, and everything planned has happened: each kind at least \
            once, each failpoint as often as planned or ten times; 1 otherwise; 2 where there is no verdict.

            Examples:
              torture --events 20000 --kills 20
              torture --log kafka --seed 7
              torture --redis cluster --kills 60 --without "worker stopped and continued"
              torture --log mock
            """)

    @Option(help: "Repeats the events and the schedule of an earlier run (default: a random one, which is printed).")
    var seed: UInt64?

    @Option(help: "Events to send at least (default: 200000; 80000 on the mock cluster).")
    var events: Int?

    @Option(help: "Disturbances to plan, from 100 on ten or more of each failpoint; restarts that arm a failpoint come on top.")
    var kills = 100

    @Option(help: "embedded, kafka, or mock (librdkafka's mock cluster, which keeps no more than about 100,000 events).")
    var log = TortureSettings.LogKind.embedded

    @Option(help: "How the feature store stands: single, or cluster (three masters with a replica each).")
    var redis = TortureSettings.RedisKind.single

    @Option(help: "No further disturbance begins after so many minutes; a kind that has not happened by then fails the run.")
    var minutes = 30.0

    @Option(help: "The recs under test (default: the one built beside this program).")
    var recs: String?

    @Option(help: "A kind of disturbance to leave out, as the table calls it, such as \"broker restarted\"; may be given several times.")
    var without: [Disturbance] = []

    @Flag(help: "Leave `recs verify` out.")
    var noVerify = false

    func validate() throws {
        if events ?? 1 < 1 || kills < 0 || minutes <= 0 { throw ValidationError("--events, --kills and --minutes are counts from 1") }
    }

    func run() async throws {
        let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var settings = TortureSettings(
            seed: seed ?? UInt64.random(in: 1...999_999), binary: recs ?? beside.appendingPathComponent("recs").path)
        settings.killCount = kills
        settings.log = log
        settings.eventCount = events ?? settings.usualEventCount
        settings.redis = redis
        settings.without = Set(without)
        settings.minutesMax = minutes
        settings.verifies = !noVerify
        let started = ContinuousClock.now
        note("seed \(settings.seed)")
        let report: TortureReport
        do {
            report = try await TortureRun(settings) { note("\(Int((ContinuousClock.now - started) / .seconds(1))) s: \($0)") }.run()
        } catch {
            note("the run has no verdict: \(error)")
            throw ExitCode(2)
        }
        note(report.table)
        print(report.verdict)
        if !report.isClean { throw ExitCode(1) }
    }
}

extension Disturbance: ExpressibleByArgument {}
extension TortureSettings.LogKind: ExpressibleByArgument {}
extension TortureSettings.RedisKind: ExpressibleByArgument {}

/// Progress goes to stderr: stdout has the verdict.
private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
