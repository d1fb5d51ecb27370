internal import Foundation
internal import Glibc

/// The `redis-server` that we start for ourselves: append-only file in our data folder, a private socket, no port.
///
/// The folder is held by a lock for as long as this object lives, so that two of us never share one server. Should we die without stopping
/// it (`kill -9`), the server lives on and loses nothing; whoever next takes the lock finds it by its socket and takes it over.
package final class RedisServer: Sendable {
    /// A socket's path may have 107 bytes (unix(7)); longer ones move to the temporary folder.
    static let socketPathBytesMax = 100

    package let address: StoreAddress
    package let processID: Int32
    /// True where a server of an earlier run was found and taken over.
    package let isTakenOver: Bool
    private let folder: String
    private let lock: Int32

    /// Starts the server of `folder` (made if missing), or takes over the one that runs there; answers once it takes commands.
    ///
    /// `startMilliseconds` bounds the wait, loading of the append-only file included, and it ends where the server is not wanted any more.
    /// Throws `notInstalled`, `locked` or `unavailable`.
    package init(
        folder: String, program: String = "redis-server", startMilliseconds: Int = 120_000, isWanted: () -> Bool = { true }
    ) throws(StoreError) {
        let folder = try RedisServer.makeFolder(folder)
        self.folder = folder
        let lock = try RedisServer.takeLock(folder)
        do {
            let socket = try RedisServer.socketPath(folder: folder)
            address = StoreAddress(socketPath: socket)
            if let found = try RedisServer.leftover(folder: folder, address: address, startMilliseconds, isWanted) {
                processID = found
                isTakenOver = true
            } else {
                processID = try RedisServer.spawn(program, folder: folder, socket: socket)
                isTakenOver = false
                try RedisServer.waitUntilReady(processID, folder: folder, address: address, startMilliseconds, isWanted)
            }
        } catch {
            RedisServer.unlock(lock)
            throw error
        }
        self.lock = lock
    }

    deinit {
        stop()
        RedisServer.unlock(lock)
    }

    /// False once the server has ended; starting another is the owner's decision.
    package var isRunning: Bool { RedisServer.isRunning(processID, folder: folder) }

    /// Asks the server to write its file and end, and waits for it, at most ten seconds; then ends it.
    package func stop() {
        guard isRunning else { return }
        kill(processID, SIGTERM)
        if !RedisServer.waits(10_000, until: { !isRunning }) {
            kill(processID, SIGKILL)
            _ = RedisServer.waits(1000) { !isRunning }
        }
    }

    /// Answers its name without symbolic links.
    static func makeFolder(_ path: String) throws(StoreError) -> String {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StoreError(.unavailable, "cannot make the folder \(path) for Redis: \(error.localizedDescription)")
        }
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }

    private static func takeLock(_ folder: String) throws(StoreError) -> Int32 {
        let lock = open(folder + "/recs.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw StoreError(.unavailable, "cannot open \(folder)/recs.lock: \(String(cString: strerror(errno)))") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw StoreError(
                .locked, "another process uses the Redis of \(folder): stop it, name another data folder, or name its Redis by --redis")
        }
        return lock
    }

    /// Unlocks before it closes: a child that another thread is starting has a copy of the descriptor until its `exec`.
    private static func unlock(_ lock: Int32) {
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// Where the socket goes: into the folder, or, where that is too long, into a folder of ours in the temporary one.
    static func socketPath(folder: String) throws(StoreError) -> String {
        let path = folder + "/redis.sock"
        if path.utf8.count <= socketPathBytesMax { return path }
        let hash = folder.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let own = FileManager.default.temporaryDirectory.path + "/recs-\(getuid())"
        var status = stat()
        guard mkdir(own, 0o700) == 0 || errno == EEXIST, lstat(own, &status) == 0, status.st_uid == getuid(),
            status.st_mode & S_IFMT == S_IFDIR, status.st_mode & 0o077 == 0
        else {
            throw StoreError(
                .unavailable, "\(own) is not a folder of ours alone, and \(path) is too long for a socket: use a shorter data folder")
        }
        return own + "/" + String(hash, radix: 16) + ".sock"
    }

    /// The process id of a server that an earlier run left in the folder: one that answers is taken over, one that does not is ended.
    private static func leftover(
        folder: String, address: StoreAddress, _ milliseconds: Int, _ isWanted: () -> Bool
    ) throws(StoreError) -> Int32? {
        guard let processID = recordedProcess(folder: folder) else { return nil }
        let isSettled = waits(milliseconds) {
            isReady(address) || !isRunning(processID, folder: folder) || !isListening(address) || !isWanted()
        }
        if isSettled, isReady(address) { return processID }
        guard isWanted() else { throw notWanted }
        guard isRunning(processID, folder: folder) else { return nil }
        kill(processID, SIGTERM)
        if !waits(10_000, until: { !isRunning(processID, folder: folder) }) {
            kill(processID, SIGKILL)
            _ = waits(1000) { !isRunning(processID, folder: folder) }
        }
        return nil
    }

    /// The process of the pid file, if it is a Redis that works in the folder.
    private static func recordedProcess(folder: String) -> Int32? {
        guard let text = try? String(contentsOfFile: folder + "/redis.pid", encoding: .utf8),
            let processID = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), isRedis(processID, folder: folder)
        else { return nil }
        return processID
    }

    /// True for a Redis that works in the folder; a process that has got the number of one that ended is somebody else.
    private static func isRedis(_ processID: Int32, folder: String) -> Bool {
        let works = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(processID)/cwd")
        let name = try? String(contentsOfFile: "/proc/\(processID)/comm", encoding: .utf8)
        return works == folder && name?.hasPrefix("redis") == true
    }

    /// The append-only file is not rewritten before it is this long. Redis' own 64 MB are a few seconds of busy viewers' values: its child would
    /// be at work for a quarter of the time, while pages wait for a core. This much is read again within seconds of a restart.
    private static let appendOnlyByteCountMin = "2gb"

    /// Starts the program and returns its process id.
    static func spawn(_ program: String, folder: String, socket: String) throws(StoreError) -> Int32 {
        let arguments = [
            program, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", folder, "--daemonize", "no",
            "--pidfile", folder + "/redis.pid", "--logfile", folder + "/redis.log", "--save", "", "--appendonly", "yes",
            "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
            // Values are compact already, and compressing them is two thirds of what that child does.
            "--auto-aof-rewrite-min-size", appendOnlyByteCountMin, "--rdbcompression", "no",
        ]
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        // A group of its own: Ctrl-C in our terminal must not end the server before we have written our last. No signal blocked: a child
        // inherits the mask of the thread that starts it, and dispatch's threads block SIGTERM.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder + "/redis.out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // None of our sockets may live on in a server that outlives us, nor one that is accepted meanwhile.
        _ = closeFrom?(&actions, 3)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var processID: pid_t = 0
        let code = posix_spawnp(&processID, program, &actions, &attributes, &pointers, environ)
        if code == ENOENT {
            throw StoreError(
                .notInstalled, "\(program) is not installed: run 'apt-get install redis-server', or name a running Redis by --redis URL")
        }
        guard code == 0 else { throw StoreError(.unavailable, "cannot start \(program): \(String(cString: strerror(code)))") }
        return processID
    }

    /// `posix_spawn_file_actions_addclosefrom_np` (glibc 2.34), which the module map of Glibc does not show.
    private static let closeFrom: CloseFrom? =
        dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map { unsafeBitCast($0, to: CloseFrom.self) }
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    private static var notWanted: StoreError { StoreError(.unavailable, "nobody waits for redis-server any more") }

    private static func waitUntilReady(
        _ processID: Int32, folder: String, address: StoreAddress, _ milliseconds: Int, _ isWanted: () -> Bool
    ) throws(StoreError) {
        let isSettled = waits(milliseconds) { isReady(address) || !isRunning(processID, folder: folder) || !isWanted() }
        if isSettled, isWanted(), isRunning(processID, folder: folder) { return }
        let hasEnded = !isRunning(processID, folder: folder)
        if !hasEnded {
            kill(processID, SIGKILL)
            _ = waits(1000) { !isRunning(processID, folder: folder) }
        }
        if !isWanted() { throw notWanted }
        let why = hasEnded ? "ended" : "took longer than \(milliseconds) ms"
        throw StoreError(
            .unavailable,
            "redis-server \(why) while starting in \(folder); its last words: \(lastWords(folder)). "
                + "Where its files are damaged: `recs restore` a backup, or move \(folder)/appendonlydir away, and the features are built anew from the log"
        )
    }

    private static func lastWords(_ folder: String) -> String {
        let texts = ["/redis.out", "/redis.log"].compactMap { try? String(contentsOfFile: folder + $0, encoding: .utf8) }
        let lines = texts.joined().split(separator: "\n").suffix(5)
        return lines.isEmpty ? "none" : lines.joined(separator: " | ")
    }

    private static func isReady(_ address: StoreAddress) -> Bool { (try? Pipeline(address, timeoutMilliseconds: 1000)) != nil }

    /// True where someone accepts connections, even if it is still loading.
    private static func isListening(_ address: StoreAddress) -> Bool {
        do {
            _ = try Pipeline(address, timeoutMilliseconds: 1000)
            return true
        } catch {
            return error.description.hasPrefix("Redis is not ready")
        }
    }

    private static func isRunning(_ processID: Int32, folder: String) -> Bool {
        var status: Int32 = 0
        switch waitpid(processID, &status, WNOHANG) {
        case processID: return false  // our child, ended, and collected by this call
        case 0: return true
        default: return isRedis(processID, folder: folder)  // taken over, or collected before
        }
    }

    private static func waits(_ milliseconds: Int, until condition: () -> Bool) -> Bool {
        for _ in 0..<max(1, milliseconds / 5) {
            if condition() { return true }
            usleep(5000)
        }
        return condition()
    }
}
