import Events
import Foundation
import TestSupport

/// The `recs work` processes: they are killed, stopped, armed, and started again after every death.
actor WorkerFleet {
    /// The topics that have a job.
    static let topics = Topic.allCases.filter(\.hasJob).map(\.name)

    private let premises: Premises
    private var workers: [Worker] = []
    private var random: SplitMix64
    /// What has happened, by kind.
    private(set) var deaths: [Disturbance: Int] = [:]
    /// Workers that ended as nobody wanted, with their last words.
    private(set) var unexpected: [String] = []
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
        let topic: String
        var process: ChildProcess?
        /// Failpoints to die by, the next first.
        var armed: [Disturbance] = []
        /// The one that the present life dies by.
        var aims: Disturbance?
        var isStopped = false
        /// Killed by us.
        var isDoomed = false
        var startsAt = ContinuousClock.now
    }

    /// How many failpoints have not been reached.
    var armedCount: Int { workers.reduce(0) { $0 + $1.armed.count } }

    /// What the processes that run have to say, for a run that does not end.
    var lastWords: String {
        workers.map { "\($0.topic): \($0.process?.standardError.suffix(600) ?? "not running")" }.joined(separator: "\n")
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
        // To a process that ignores SIGXFSZ, a limit of its files' size is a full disk: writes fail with an error.
        workers[index].process = try premises.start(
            "env",
            ["--ignore-signal=XFSZ", premises.settings.binary, "work", "--topic", workers[index].topic, "--port", "0"] + premises.options,
            environment: environment)
    }

    private func bury(_ index: Int, _ process: ChildProcess) {
        let status = process.wait()
        if !workers[index].isDoomed {
            if status == SIGKILL, let aims = workers[index].aims {
                deaths[aims, default: 0] += 1
                workers[index].armed.removeFirst()
            } else {
                unexpected.append("\(workers[index].topic) ended with status \(status): \(process.standardError.suffix(1500))")
            }
        }
        workers[index].process = nil
        // At once, or after a pause in which the others go on.
        let pause = Bool.random(using: &random) ? 0 : Int.random(in: 0...1500, using: &random)
        workers[index].startsAt = .now + .milliseconds(pause)
    }

    // MARK: Disturbances

    private func choose() -> Int? {
        let able = workers.indices.filter { workers[$0].process != nil && !workers[$0].isStopped && !workers[$0].isDoomed }
        return able.isEmpty ? nil : able[Int.random(in: 0..<able.count, using: &random)]
    }

    /// Kills one of the workers.
    func killOne(_ kind: Disturbance = .workerKill, _ signal: Int32 = SIGKILL) {
        if let index = choose() { end(index, kind, signal) }
    }

    private func end(_ index: Int, _ kind: Disturbance, _ signal: Int32) {
        workers[index].isDoomed = true
        workers[index].process?.signal(signal)
        deaths[kind, default: 0] += 1
    }

    /// Lets a worker that comes by the failpoint die by it in its next life, which begins now.
    func arm(_ kind: Disturbance) {
        let able = workers.indices.filter { kind.topics.contains(workers[$0].topic) }
        let index = able[Int.random(in: 0..<able.count, using: &random)]
        workers[index].armed.append(kind)
        if workers[index].armed.count == 1, workers[index].process != nil, !workers[index].isDoomed { end(index, .workerKill, SIGKILL) }
    }

    /// Stops a worker in the middle of whatever it does; nil where none is free. `wake` lets it go on.
    func stopOne() -> Int? {
        guard let index = choose() else { return nil }
        workers[index].isStopped = true
        workers[index].process?.signal(SIGSTOP)
        deaths[.zombie, default: 0] += 1
        return index
    }

    func wake(_ index: Int) {
        workers[index].isStopped = false
        workers[index].process?.signal(SIGCONT)
    }

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

    /// Stops all workers at once; nobody works until `thaw`. Answers nil where one is stopped already.
    func freeze() -> Bool {
        if workers.contains(where: \.isStopped) { return false }
        isFrozen = true
        for worker in workers { worker.process?.signal(SIGSTOP) }
        return true
    }

    func thaw() {
        isFrozen = false
        for worker in workers { worker.process?.signal(SIGCONT) }
    }

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
            return status == 0 ? nil : "\(worker.topic) stopped with status \(status): \(process.standardError.suffix(600))"
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
