import Foundation
import TestSupport

/// A `redis-server` that somebody else runs, on a port and with a folder of its own: it can be killed, and started again with its data.
final class ExternalRedis: Sendable {
    private let port: Int
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// The one that ran before is dead; its data and its port are taken over.
    init(after other: ExternalRedis? = nil) async throws {
        folder = try other?.folder ?? TemporaryFolder()
        port = other?.port ?? freePort()
        process = try ChildProcess(
            "redis-server",
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.url.path, "--save", "", "--appendonly", "yes",
                "--maxmemory-policy", "noeviction",
            ])
        let (port, process) = (port, process)
        let answers = await comesTrue {
            (try? ChildProcess.run("redis-cli", ["-p", "\(port)", "PING"]))?.output == "PONG\n" || !process.isRunning
        }
        guard answers, process.isRunning else { throw NotServing(description: "redis-server: \(process.standardOutput)") }
    }

    var url: String { "redis://127.0.0.1:\(port)" }

    func kill() async throws {
        process.signal(SIGKILL)
        let process = process
        _ = try await onOwnThread { process.wait() }
    }
}
