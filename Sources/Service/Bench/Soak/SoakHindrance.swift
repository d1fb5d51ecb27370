import Foundation
import GRDB

/// What is put in the way of the service while the flood goes on: first its Redis is slow, later its log takes nothing for seconds at a time.
struct SoakHindrance: Sendable {
    /// Which of them is at work.
    enum Kind: Sendable { case none, slowRedis, stalledLog }

    /// The parts of the flood.
    private static let slowShare = 0.25...0.5
    private static let stallShare = 0.65...0.85
    /// Of each half second, Redis stands still for so long.
    private static let redisStopped = Duration.milliseconds(400)
    private static let redisRunning = Duration.milliseconds(100)
    /// Less than the log's writers wait for a lock, so that appends wait and none fails.
    private static let logStalled = Duration.seconds(5)
    private static let logFree = Duration.seconds(1)

    let redis: Int32
    /// A topic's file of the embedded log: nearly every post has events for it.
    let logFile: String
    let floodSeconds: Double

    /// Runs its course once, from the flood's beginning; `tell` hears what is at work from now on.
    func run(_ tell: (Kind) -> Void) async throws {
        let started = ContinuousClock.now
        func moment(_ share: Double) -> ContinuousClock.Instant { started + .seconds(floodSeconds * share) }
        try await Task.sleep(until: moment(Self.slowShare.lowerBound), clock: .continuous)
        tell(.slowRedis)
        while ContinuousClock.now < moment(Self.slowShare.upperBound) { try await slowRedis() }
        tell(.none)
        try await Task.sleep(until: moment(Self.stallShare.lowerBound), clock: .continuous)
        tell(.stalledLog)
        let file = try DatabaseQueue(path: logFile, configuration: Self.configuration)
        while ContinuousClock.now < moment(Self.stallShare.upperBound) { try await stall(file) }
        tell(.none)
    }

    private func slowRedis() async throws {
        kill(redis, SIGSTOP)
        // Not left standing where the task is cancelled meanwhile.
        defer { kill(redis, SIGCONT) }
        try await Task.sleep(for: Self.redisStopped)
        kill(redis, SIGCONT)
        try await Task.sleep(for: Self.redisRunning)
    }

    /// Nobody else writes to the file meanwhile, as on a disk that stands still.
    private func stall(_ file: DatabaseQueue) async throws {
        try await file.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let slept: Void? = try? await Task.sleep(for: Self.logStalled)
        try await file.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        guard slept != nil else { throw CancellationError() }
        try await Task.sleep(for: Self.logFree)
    }

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        configuration.busyMode = .timeout(10)
        return configuration
    }
}
