import Foundation
import TestSupport
import Testing

/// `recs serve` on a folder and a free port, with its own log and its own Redis.
final class RunningServer: Sendable {
    /// The server of the suite that runs.
    @TaskLocal static var current: RunningServer?

    let url: String
    let folder: TemporaryFolder
    let process: ChildProcess
    /// Ends the server when the process of the tests has gone, however it went.
    private let watch: ChildProcess

    private init(folder: TemporaryFolder, process: ChildProcess, url: String) throws {
        self.folder = folder
        self.process = process
        self.url = url
        watch = try ChildProcess(
            "sh", ["-c", "tail --pid=\"$1\" -f /dev/null; kill -TERM \"$2\"", "sh", "\(getpid())", "\(process.pid)"])
    }

    /// A failed test may leave it running.
    deinit {
        watch.signal(SIGKILL)
        if process.isRunning { process.signal(SIGKILL) }
        if let redis = redisProcess { kill(redis, SIGKILL) }
    }

    /// Starts a server and waits until it listens; `waitsUntilReady` also until all its parts are up. To a server that
    /// `survivesFileLimits`, a limit of its files' size is a full disk: writes fail with an error.
    static func start(
        in folder: TemporaryFolder? = nil, configuration: String = "log_level: info\n", arguments: [String] = [],
        environment: [String: String] = [:], waitsUntilReady: Bool = true, survivesFileLimits: Bool = false
    ) async throws -> RunningServer {
        let folder = try folder ?? TemporaryFolder()
        let file = folder.path("recs.yaml")
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        let command = [RecsBinary.path, "serve", "--config", file, "--data", folder.path("data"), "--port", "0"] + arguments
        let words = survivesFileLimits ? ["env", "--ignore-signal=XFSZ"] + command : command
        let process = try ChildProcess(words[0], Array(words.dropFirst()), environment: environment)
        let listens = await comesTrue { address(in: process) != nil || !process.isRunning }
        guard listens, let url = address(in: process) else {
            throw NotServing(description: "recs serve does not listen: \(process.standardError)")
        }
        let server = try RunningServer(folder: folder, process: process, url: url)
        if waitsUntilReady {
            let isReady = try await comesTrue { try await server.get("/readyz").status == 200 }
            guard isReady else { throw NotServing(description: "recs serve is not ready: \(process.standardError)") }
        }
        return server
    }

    private static func address(in process: ChildProcess) -> String? {
        let words = process.standardError.split(whereSeparator: \.isWhitespace)
        guard let place = words.firstIndex(of: "recs"), words.count > place + 3 else { return nil }
        return words.first { $0.hasPrefix("http://127.0.0.1:") || $0.hasPrefix("http://0.0.0.0:") }.map {
            $0.replacingOccurrences(of: "0.0.0.0", with: "127.0.0.1")
        }
    }

    /// Ends it with the signal; answers its exit status.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        process.signal(signal)
        let process = process
        let status = try await onOwnThread { process.wait() }
        watch.signal(SIGKILL)
        return status
    }

    /// The process id of the Redis that it has started.
    var redisProcess: Int32? {
        let text = try? String(contentsOfFile: folder.path("data/redis/redis.pid"), encoding: .utf8)
        guard let pid = text.flatMap({ Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else { return nil }
        let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
        return name?.hasPrefix("redis-server") == true ? pid : nil
    }
}

// MARK: Requests

extension RunningServer {
    func get(_ path: String, headers: [String: String] = [:], at location: SourceLocation = #_sourceLocation) async throws -> Answer {
        try await Answer.to("GET", url + path, headers: headers, at: location)
    }

    func send(
        _ method: String, _ path: String, _ body: String, headers: [String: String] = [:], at location: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let headers = ["Content-Type": "application/json"].merging(headers) { $1 }
        return try await Answer.to(method, url + path, body: Data(body.utf8), headers: headers, at: location)
    }

    /// Posts events and answers what became of them.
    @discardableResult
    func post(_ events: [String]) async throws -> Contract.Posted {
        try await send("POST", "/v1/events", "[\(events.joined(separator: ","))]").decoded(Contract.Posted.self)
    }

    /// The viewer's page once it knows the events.
    func page(_ user: String, after posted: Contract.Posted? = nil, query: String = "") async throws -> Contract.Page {
        let token = posted?.token.map { "&token=\($0)" } ?? ""
        return try await get("/v1/users/\(user)/home?items=100&rows=40\(token)\(query)").decoded(Contract.Page.self)
    }

    func profile(_ user: String, after posted: Contract.Posted? = nil) async throws -> Contract.Profile {
        let token = posted?.token.map { "?token=\($0)" } ?? ""
        return try await get("/v1/users/\(user)/profile\(token)").decoded(Contract.Profile.self)
    }

    func status() async throws -> Contract.ServiceStatus { try await get("/v1/status").decoded(Contract.ServiceStatus.self) }

    /// Requests that were answered with the status code, as `/metrics` counts them.
    func answerCount(_ code: Int, headers: [String: String] = [:]) async throws -> Int {
        try await get("/metrics", headers: headers).text.split(separator: "\n").filter {
            $0.hasPrefix("recs_http_requests_total") && $0.contains("code=\"\(code)\"")
        }.reduce(0) { $0 + (Int($1.split(separator: " ").last ?? "") ?? 0) }
    }

    /// What a tool says of the server's data, by the server's settings.
    func tool(_ arguments: String...) async throws -> RecsBinary.Run {
        try await RecsBinary.run(arguments + ["--config", folder.path("recs.yaml"), "--data", folder.path("data")])
    }

    /// Waits until the jobs of the public topics have taken in `count` records and none lags; answers the status then.
    func caughtUp(received count: Int) async throws -> Contract.ServiceStatus {
        let isDone = try await comesTrue(within: 60) {
            let jobs = try await self.status().jobs
            let received = jobs.filter { Contract.publicTopics.contains($0.topic) }.reduce(0) { $0 + $1.received }
            return received >= count && jobs.allSatisfy { $0.lag == 0 && $0.state == "running" }
        }
        let status = try await status()
        guard isDone else { throw NotServing(description: "the jobs do not catch up with \(count) records: \(status)") }
        return status
    }
}

/// The server does not do what the tests need to begin.
struct NotServing: Error, CustomStringConvertible {
    var description: String
}
