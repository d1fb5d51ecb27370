import Events
import Foundation
import Glibc
import TestSupport

/// The `recs work` processes: they are killed, stopped, armed, and started again after every death.
actor WorkerFleet {
    /// The topics that have a job.
    static let topics = Topic.allCases.filter(\.hasJob)
    /// A worker that has run for so long is at work.
    private static let startSeconds = 5.0

    private let premises: Premises
    private var workers: [Worker] = []
    private var random: SplitMix64
    /// What has happened, by kind.
    private(set) var deaths: [Disturbance: Int] = [:]
    /// Workers that ended, or went on, as nobody wanted, with their last words.
    private(set) var unexpected: [String] = []
    /// True where a worker was killed since `forgetTheDead`: its group's broker waits for it.
    private(set) var hasLeftDead = false
    private var isFrozen = false

    init(_ premises: Premises, seed: UInt64) {
        self.premises = premises
        random = SplitMix64(seed: seed)
        for topic in WorkerFleet.topics {
            for _ in 0..<premises.settings.memberCount { workers.append(Worker(topic: topic)) }
        }
    }

    /// A seat for a process.
    private struct Worker {
        let topic: Topic
        var process: ChildProcess?
        /// Failpoints to die by, the next first.
        var armed: [Disturbance] = []
        /// The one that the present life dies by.
        var aims: Disturbance?
        var isStopped = false
        /// Killed by us.
        var isDoomed = false
        /// When it starts or, while it runs, started.
        var startsAt = ContinuousClock.now
    }

    /// How many failpoints have not been reached.
    var armedCount: Int { workers.reduce(0) { $0 + $1.armed.count } }

    /// What the processes that run have to say, for a run that does not end.
    var lastWords: String {
        workers.map { "\($0.topic.name): \($0.process?.standardError.suffix(600) ?? "not running")" }.joined(separator: "\n")
    }

    /// Takes note of deaths and starts what is due.
    func tend() throws {
        if isFrozen { return }
        for index in workers.indices {
            if let process = workers[index].process, !process.isRunning { bury(index, process) }
            if workers[index].process == nil, workers[index].startsAt <= .now { try start(index) }
        }
    }

    private func start(_ index: Int) throws {
        let aims = workers[index].armed.first
        var environment: [String: String] = [:]
        if let point = aims?.failpoint { environment["RECS_FAILPOINT"] = "\(point):\(Int.random(in: 1...5, using: &random))" }
        workers[index].aims = aims
        workers[index].isDoomed = false
        workers[index].startsAt = .now
        workers[index].process = try spawn(workers[index].topic, environment)
    }

    private func spawn(_ topic: Topic, _ environment: [String: String]) throws -> ChildProcess {
        // To a process that ignores SIGXFSZ, a limit of its files' size is a full disk: writes fail with an error.
        try premises.start(
            "env", ["--ignore-signal=XFSZ", premises.settings.binary, "work", "--topic", topic.name, "--port", "0"] + premises.options,
            environment: environment)
    }

    private func bury(_ index: Int, _ process: ChildProcess) {
        let status = process.wait()
        if status == SIGKILL { hasLeftDead = true }
        if !workers[index].isDoomed {
            if status == SIGKILL, let aims = workers[index].aims {
                deaths[aims, default: 0] += 1
                workers[index].armed.removeFirst()
            } else {
                unexpected.append("\(workers[index].topic.name) ended with status \(status): \(process.standardError.suffix(1500))")
            }
        }
        workers[index].process = nil
        // At once, or after a pause in which the others go on.
        let pause = Bool.random(using: &random) ? 0 : Int.random(in: 0...1500, using: &random)
        workers[index].startsAt = .now + .milliseconds(pause)
    }

    // MARK: Disturbances

    private func choose(running seconds: Double = 0) -> Int? {
        let able = workers.indices.filter {
            workers[$0].process != nil && !workers[$0].isStopped && !workers[$0].isDoomed && workers[$0].startsAt + .seconds(seconds) < .now
        }
        return able.isEmpty ? nil : able[Int.random(in: 0..<able.count, using: &random)]
    }

    /// Kills one of the workers and answers which; nil where none is free. So do the others that choose.
    func killOne(_ kind: Disturbance = .workerKill, _ signal: Int32 = SIGKILL) -> Int? {
        let index = choose()
        if let index { end(index, kind, signal) }
        return index
    }

    private func end(_ index: Int, _ kind: Disturbance, _ signal: Int32) {
        workers[index].isDoomed = true
        workers[index].process?.signal(signal)
        deaths[kind, default: 0] += 1
    }

    /// Lets a worker that comes by the failpoint, of those that have the fewest ahead, die by it in its next life, which begins now. From a
    /// group it parts in order: members that are killed hold the others up.
    func arm(_ kind: Disturbance) {
        let able = workers.indices.filter { kind.topics.contains(workers[$0].topic) }.shuffled(using: &random)
        guard let index = able.min(by: { workers[$0].armed.count < workers[$1].armed.count }) else { return }
        workers[index].armed.append(kind)
        guard workers[index].armed.count == 1, workers[index].process != nil, !workers[index].isDoomed else { return }
        if premises.settings.memberCount > 1 { end(index, .memberChange, SIGTERM) } else { end(index, .workerKill, SIGKILL) }
    }

    /// The broker knows nothing of the dead any more.
    func forgetTheDead() { hasLeftDead = false }

    /// From now on a worker finds no room for anything that it writes; answers which. `freeDisk` ends it.
    func fillDisk() throws -> Int? {
        guard let index = choose(), let process = workers[index].process else { return nil }
        try process.limitFiles(bytes: Int.random(in: 0...4096, using: &random))
        deaths[.diskFull, default: 0] += 1
        return index
    }

    /// Either the worker finds room again, or it ends in order, still without any, and begins anew with room.
    func freeDisk(_ index: Int) throws {
        guard let process = workers[index].process, process.isRunning else { return }
        if Bool.random(using: &random) {
            try process.limitFiles(bytes: nil)
        } else {
            workers[index].isDoomed = true
            process.signal(SIGTERM)
        }
    }

    /// Stops all workers at once; nobody works until `thaw`.
    func freeze() {
        isFrozen = true
        for worker in workers { worker.process?.signal(SIGSTOP) }
    }

    /// Lets all go on but those that `stopOne` has stopped.
    func thaw() {
        isFrozen = false
        for worker in workers where !worker.isStopped { worker.process?.signal(SIGCONT) }
    }

    // MARK: Zombies

    /// Stops a worker in the middle of whatever it does. `wake` lets it go on. On the embedded log it is one that holds its topic.
    func stopOne() -> Int? {
        guard let index = choose(running: WorkerFleet.startSeconds), let process = workers[index].process else { return nil }
        process.signal(SIGSTOP)
        if premises.bootstrap == nil, !isLocked(workers[index].topic) {
            process.signal(SIGCONT)
            return nil
        }
        workers[index].isStopped = true
        return index
    }

    func wake(_ index: Int) {
        workers[index].isStopped = false
        workers[index].process?.signal(SIGCONT)
    }

    func topic(of index: Int) -> Topic { workers[index].topic }

    /// True where a process holds the lock by which the embedded log has one consumer a group.
    private func isLocked(_ topic: Topic) -> Bool {
        let descriptor = open(premises.dataFolder + "/log/\(topic.name).\(group(of: topic)).lock", O_RDWR | O_CLOEXEC)
        if descriptor < 0 { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    private func group(of topic: Topic) -> String { "recs-main-\(topic.storeName)" }

    /// Starts a second worker of the topic beside one that is stopped, and ends it. It must have been refused by the topic's lock or, where the
    /// other was stopped in the middle of a write, wait for the log that it cannot open. Answers whether it was.
    func startRival(of index: Int) async throws -> Bool {
        guard let process = workers[index].process else { return false }
        let topic = workers[index].topic
        let refusal = "is already read by group '\(group(of: topic))' in process \(process.pid);"
        let rival = try spawn(topic, [:])
        // By its newest word, so that nothing has come of it since.
        @Sendable func isBarred(_ said: String) -> Bool {
            let lastLine = said.split(separator: "\n").last ?? ""
            return lastLine.contains("database is locked") && lastLine.contains("waiting for the event log")
        }
        let start = ContinuousClock.now
        _ = await comesTrue(within: 60) {
            let said = rival.standardError
            // One that is barred may yet get in and be refused, and one that says nothing may be slow.
            return said.contains(refusal) || !rival.isRunning || start.duration(to: .now) > .seconds(20) && isBarred(said)
        }
        let said = rival.standardError
        let (isRefused, wasBarred) = (said.contains(refusal), isBarred(said))
        rival.signal(SIGTERM)
        if await !comesTrue(within: 30, { !rival.isRunning }) { rival.signal(SIGKILL) }
        let status = rival.wait()
        if isRefused && status == 0 || wasBarred { return true }
        unexpected.append(
            "a second worker of \(topic.name) beside the stopped process \(process.pid): status \(status), \(rival.standardError.suffix(1500))"
        )
        return false
    }

    // MARK: The end

    /// No failpoint is waited for any longer: those that still have one begin a life without, after an orderly end of the present one.
    func disarm() {
        for index in workers.indices where !workers[index].armed.isEmpty {
            workers[index].armed = []
            workers[index].isDoomed = true
            workers[index].process?.signal(SIGTERM)
            workers[index].process?.signal(SIGCONT)
        }
    }

    /// Ends all in an orderly way; answers what went wrong.
    func stop() async -> [String] {
        let processes = workers.compactMap(\.process)
        for process in processes { process.signal(SIGTERM) }
        if await !comesTrue(within: 60, { processes.allSatisfy { !$0.isRunning } }) {
            for process in processes where process.isRunning { process.signal(SIGKILL) }
        }
        let faults = workers.compactMap { worker -> String? in
            guard let process = worker.process else { return nil }
            let status = process.wait()
            // One that still waits for its log has nothing under way: the signal itself ends it.
            let hasBegun = process.standardError.contains("listens on ")
            return status == 0 || status == SIGTERM && !hasBegun
                ? nil : "\(worker.topic.name) stopped with status \(status): \(process.standardError.suffix(600))"
        }
        for index in workers.indices { workers[index].process = nil }
        return faults
    }

    /// One more life for all, for as long as `body` takes.
    func run(_ body: () async throws -> Void) async throws -> [String] {
        for index in workers.indices {
            workers[index].armed = []
            try start(index)
        }
        try await body()
        return await stop()
    }
}
