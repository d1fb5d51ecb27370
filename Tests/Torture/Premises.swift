import Foundation
import TestSupport

/// What all processes of a run share: a folder, the arguments, and a watch that ends them if the harness goes.
final class Premises: Sendable {
    let settings: TortureSettings
    let folder: TemporaryFolder
    /// Where the brokers are; nil for the embedded log.
    let bootstrap: String?
    private let store: String
    private let watch: ChildProcess

    /// `store`: where the features are, where that is not a Redis of our folder.
    init(_ settings: TortureSettings, bootstrap: String?, store: String?) throws {
        self.settings = settings
        folder = try TemporaryFolder()
        self.bootstrap = bootstrap
        self.store = store ?? "unix://" + folder.path("redis/redis.sock")
        try FileManager.default.createDirectory(atPath: folder.path("redis"), withIntermediateDirectories: true)
        let kafka = settings.log == .mock ? Premises.mockConfiguration : ""
        try (Premises.configuration + kafka).write(toFile: folder.path("recs.yaml"), atomically: true, encoding: .utf8)
        try "".write(toFile: folder.path("pids"), atomically: true, encoding: .utf8)
        watch = try ChildProcess("sh", ["-c", Premises.watchScript, "sh", "\(getpid())", folder.url.path])
    }

    deinit { watch.signal(SIGKILL) }

    /// As in `Data/demo.yaml`.
    private static let configuration = """
        log_level: info
        tests:
          - id: \(EventStream.test)
            title: \(EventStream.testedTitle)
            coverage: 1.0
            variants:
              - { id: control, artwork: sintel-a, weight: 0.34 }
              - { id: dragon, artwork: sintel-b, weight: 0.33 }
              - { id: snow, artwork: sintel-c, weight: 0.33 }

        """

    /// The mock cluster lets a group's new members in one second before the session timeout, whoever has come meanwhile, and the first ones after
    /// three: by the usual timeout the jobs would hardly ever be at work. It also forgets to answer members that it expels while they join; they ask
    /// again after the time for a poll.
    private static let mockConfiguration = """
        kafka:
          properties:
            session.timeout.ms: 4500
            max.poll.interval.ms: 10000
            heartbeat.interval.ms: 200

        """

    /// Waits until the harness has gone, then kills what it started: processes noted in `pids` that have our folder in their arguments, or
    /// work in it.
    private static let watchScript = """
        tail --pid="$1" -f /dev/null
        while read -r pid; do
            if tr '\\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$2" || [ "$(readlink "/proc/$pid/cwd")" = "$2/redis" ]; then
                kill -KILL "$pid"
            fi
        done <"$2/pids" 2>/dev/null
        rm -rf "$2"
        """

    var dataFolder: String { folder.path("data") }
    var socket: String { folder.path("redis/redis.sock") }
    var environment: [String: String] { ["RECS_KAFKA_ASSIGNMENT_STRATEGY": "range", "RECS_FAILPOINT": ""] }

    /// What every `recs` process is told.
    var options: [String] {
        let options = ["--config", folder.path("recs.yaml"), "--data", dataFolder, "--redis", store]
        return options + (bootstrap.map { ["--log", "kafka://\($0)"] } ?? [])
    }

    /// Starts a process that does not outlive the harness.
    func start(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        let process = try ChildProcess(program, arguments, environment: self.environment.merging(environment) { $1 })
        let pids = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("pids")))
        try pids.seekToEnd()
        try pids.write(contentsOf: Data("\(process.pid)\n".utf8))
        try pids.close()
        return process
    }
}
