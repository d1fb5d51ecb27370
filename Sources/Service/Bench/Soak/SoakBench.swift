import Catalog
import EventLog
import Events
import FeatureStore
import Foundation
import NIOCore

/// `recs bench soak`: more events than the service can take, while its Redis is slow for a time and its log stands still for another. Memory must
/// stay bounded, the gateway must shed, lag must go back to nothing, and every event that was accepted must be in the features, once.
package struct SoakBench: Sendable {
    package var floodSeconds = 60.0
    package var connectionCount = 512
    package var eventCountPerBody = 1500
    package var userCount = 5000
    package var seed: UInt64 = 1
    /// What the service may hold in memory at any moment, bytes: the bodies under way three times over, the values of all viewers, and what the
    /// runtime, SQLite and the allocator need.
    package var residentBytesMax: Int64 = 1 << 30
    package init() {}

    /// The simulator plans ahead; nothing here takes more events a second.
    private static let eventsPerSecondMax = 150_000.0
    private static let recoverySecondsMax = 900.0
    private static let settlePause = Duration.milliseconds(200)

    /// What happened.
    private struct Course {
        var counts: SoakCounts.Values
        var samples: [SoakWatch.Sample]
        var jobs: [SoakWatch.Job]
        /// From the flood's end until lag was 0; nil where it did not come to that.
        var recoverySeconds: Double?
        var run: BenchReport.Run
        var peakBytes: Int64
    }

    package func run(progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport {
        let made = try BenchFolder()
        defer { made.remove() }
        let folder = made.path
        let (redis, running) = try Leftover.redis(in: made)
        defer { running.remove() }
        let server = try ServerChild(["serve", "--data", folder, "--port", "0", "--redis", redis.address.description])
        defer { server.stop() }
        let course = try await RecsClient.with(server.url) { client in
            let hindrance = SoakHindrance(
                redis: redis.processID, logFile: folder + "/log/\(Topic.play.name).sqlite", floodSeconds: floodSeconds)
            let watch = SoakWatch(client: client, service: server.pid, redis: redis.processID)
            return try await play(server, hindrance, watch, progress)
        }
        progress("recs verify")
        let started = ContinuousClock.now
        let verification = verify(folder, redis.address)
        var faults = faults(course)
        if let verification { faults.append("recs verify: \(verification)") }
        return report(course, faults, verifySeconds: (ContinuousClock.now - started) / .seconds(1))
    }

    private func play(
        _ server: ServerChild, _ hindrance: SoakHindrance, _ watch: SoakWatch, _ progress: @escaping @Sendable (String) -> Void
    ) async throws -> Course {
        let catalog = try CatalogDocument.parse(Resources().catalog()).catalog(version: 1)
        let settings = SimulationSettings(
            userCount: userCount, eventCount: Int(floodSeconds * Self.eventsPerSecondMax), seed: seed, endTime: wallClockMilliseconds())
        var simulator = ViewerSimulator(catalog: catalog, settings: settings)
        func make() -> ByteBuffer? {
            var bytes: [UInt8] = []
            return simulator.next(eventCountPerBody, into: &bytes) > 0 ? ByteBuffer(bytes: bytes) : nil
        }
        progress("making the first posts")
        // All connections come with theirs at once, however slowly events are made after that.
        var first = (0..<connectionCount).compactMap { _ in make() }
        let flood = SoakFlood(url: server.url, connectionCount: connectionCount)
        let meter = Meter(server: server.pid, beside: [("Redis", hindrance.redis)])
        let started = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hindrance.run { watch.note($0) } }
            group.addTask {
                try await watch.run(flood.counts) {
                    progress("\($0.serviceBytes >> 20) MB, lag \($0.lag), \(flood.counts.current.accepted) accepted, \($0.shedCount) shed")
                }
            }
            try await flood.run(until: started + .seconds(floodSeconds)) { first.popLast() ?? make() }
            let recovery = try await recover(watch, accepted: flood.counts.current.accepted)
            group.cancelAll()
            while let ended = await group.nextResult() {
                if case .failure(let error) = ended, !(error is CancellationError), (error as? ClientError)?.kind != .cancelled {
                    throw error
                }
            }
            return Course(
                counts: flood.counts.current, samples: watch.samples, jobs: try await watch.jobs(), recoverySeconds: recovery,
                run: meter.run(count: flood.counts.current.accepted), peakBytes: server.peakBytes)
        }
    }

    /// Waits until all that was accepted is in the features; answers the seconds it took, nil where patience has run out.
    private func recover(_ watch: SoakWatch, accepted: Int) async throws -> Double? {
        let started = ContinuousClock.now
        while ContinuousClock.now < started + .seconds(Self.recoverySecondsMax) {
            let jobs = try await watch.jobs()
            if jobs.allSatisfy({ $0.lag == 0 }), jobs.reduce(0, { $0 + $1.received }) >= accepted {
                return (ContinuousClock.now - started) / .seconds(1)
            }
            try await Task.sleep(for: Self.settlePause)
        }
        return nil
    }

    /// Compares all features with the log, by the command that anyone would use; answers what it says where they differ.
    private func verify(_ folder: String, _ redis: StoreAddress) -> String? {
        let recs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let (status, said) = BenchMachine.run([recs, "verify", "--data", folder, "--redis", redis.description], errors: "&1")
        return status == 0 ? nil : String(said.suffix(1000))
    }

    private func faults(_ course: Course) -> [String] {
        var faults: [String] = []
        let received = course.jobs.reduce(0) { $0 + $1.received }
        if received != Int64(course.counts.accepted) {
            faults.append("\(course.counts.accepted) events accepted, \(received) in the ledgers")
        }
        if let job = course.jobs.first(where: { !$0.addsUp || $0.deadLettered > 0 }) { faults.append("\(job.topic): \(job)") }
        if course.recoverySeconds == nil { faults.append("lag did not go back to 0 in \(Int(Self.recoverySecondsMax)) s") }
        if course.counts.shed == 0 { faults.append("nothing was shed: the flood was below what the service takes (--connections)") }
        if !course.samples.contains(where: { $0.hindrance == .slowRedis && $0.lag > 0 }) { faults.append("no lag while Redis was slow") }
        if course.peakBytes > residentBytesMax {
            faults.append("the service held \(course.peakBytes >> 20) MB, more than \(residentBytesMax >> 20) MB")
        }
        return faults
    }

    private func report(_ course: Course, _ faults: [String], verifySeconds: Double) -> BenchReport {
        var run = course.run
        func most(_ value: (SoakWatch.Sample) -> Int64) -> Double { Double(course.samples.map(value).max() ?? 0) }
        run.details = [
            ("answers with 202", Double(course.counts.taken)), ("answers with 503", Double(course.counts.shed)),
            ("greatest lag", most(\.lag)), ("seconds until lag was 0", course.recoverySeconds ?? Self.recoverySecondsMax),
            ("service's peak MB", Double(course.peakBytes >> 20)), ("Redis' peak MB", most(\.redisBytes) / 1_048_576),
            ("seconds of recs verify", verifySeconds),
        ]
        var report = BenchReport(
            bench: "soak",
            setting:
                "\(Int(floodSeconds)) s of \(connectionCount) connections with \(eventCountPerBody) events a post, Redis slow, later the log stalled, "
                + "\(userCount) viewers, seed \(seed)",
            figures: [.init("soak", unit: "events", runs: [run])], yardsticks: [], faults: faults,
            checked:
                "accepted events = the ledgers' sum, recs verify finds no difference, lag came back to 0, the service stayed below "
                + "\(residentBytesMax >> 20) MB",
            peakBytes: course.peakBytes)
        report.plot = SoakPlot(samples: course.samples, residentBytesMax: residentBytesMax).svg
        return report
    }
}
