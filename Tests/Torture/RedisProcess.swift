import FeatureStore
import Foundation
import TestSupport

/// The run's own redis-server, which keeps its data in an append-only file, is killed, and comes back with all or with less.
actor RedisProcess: FeatureServers {
    private let premises: Premises
    private var process: ChildProcess?
    private var random: SplitMix64
    private var file: AppendOnlyFile

    init(_ premises: Premises, seed: UInt64) {
        self.premises = premises
        random = SplitMix64(seed: seed)
        file = AppendOnlyFile(folder: premises.folder.path("redis"))
    }

    nonisolated var address: StoreAddress { StoreAddress(socketPath: premises.socket) }

    func start() async throws {
        let folder = premises.folder.path("redis")
        let process = try premises.start(
            "redis-server",
            [
                "--port", "0", "--unixsocket", premises.socket, "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync",
                "everysec", "--aof-load-truncated", "yes", "--maxmemory-policy", "noeviction", "--daemonize", "no",
            ])
        self.process = process
        let address = address
        let isReady = await comesTrue { (try? StoreConnection(address)) != nil || !process.isRunning }
        guard isReady, process.isRunning else { throw TortureError("redis-server does not start: \(process.standardOutput.suffix(2000))") }
    }

    func disturb(_ kind: Disturbance) async throws -> Int {
        switch kind {
        case .redisKill: return try await killAndRestart(forgets: false)
        case .redisRollback: return try await killAndRestart(forgets: true)
        case .connectionKill: try killConnections()
        default: preconditionFailure("\(kind.rawValue) happens to clusters")
        }
        return 0
    }

    /// Kills it and starts it again from its file; where it `forgets`, up to two seconds of its past are cut off first. Answers how many
    /// bytes were.
    private func killAndRestart(forgets: Bool) async throws -> Int {
        note()
        stop()
        let cut = forgets ? try file.cut(&random) : 0
        file.settle()
        try await start()
        return cut
    }

    func masters() -> [[String]] { [["-s", premises.socket]] }

    func note() { file.note() }

    func stop() {
        process?.signal(SIGKILL)
        process?.wait()
        process = nil
    }

    /// Ends all connections, in the middle of whatever they carry.
    private func killConnections() throws {
        let run = try ChildProcess.run("redis-cli", ["-s", premises.socket, "CLIENT", "KILL", "TYPE", "normal"])
        guard run.status == 0 else { throw TortureError("redis-cli cannot kill connections: \(run.output) \(run.errors)") }
    }
}
