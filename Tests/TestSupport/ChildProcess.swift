package import Foundation
import Glibc

/// A program run by a test: its output is kept, it is ended by pid with its owner.
///
/// Not Foundation's `Process`: that reads past the end of a directory's entry when it counts our descriptors (on Linux, Swift 6.3), and the
/// whole test run with its hundreds of servers' files dies of it.
package final class ChildProcess: @unchecked Sendable {
    // Everything but `status`, which the lock guards, is set once.
    private let output: ChildFile
    private let errors: ChildFile
    package let pid: Int32
    private let lock = NSLock()
    /// What `waitpid` said; nil while it runs.
    private var status: Int32?

    /// Starts `program` (a path, or a name on PATH) with `environment` added to ours.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil) throws {
        (output, errors) = (try ChildFile(), try ChildFile())
        let file = try input.map { try ChildFile($0) }
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        pid = try ChildProcess.spawn(
            [program] + arguments, environment: all.map { "\($0)=\($1)" }, input: file, output: output, errors: errors)
    }

    private static func spawn(
        _ arguments: [String], environment: [String], input: ChildFile?, output: ChildFile, errors: ChildFile
    ) throws -> Int32 {
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        // Signals as a shell would give them, whatever the test runner ignores or blocks.
        var (none, defaults) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&defaults)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&defaults, signal) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawn_file_actions_addopen(&actions, 0, input?.path ?? "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.descriptor, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.descriptor, 2)
        _ = closeFrom?(&actions, 3)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in pointers + variables { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, &pointers, &variables)
        guard code == 0 else { throw SpawnError(description: "cannot start \(arguments[0]): \(String(cString: strerror(code)))") }
        return pid
    }

    /// `posix_spawn_file_actions_addclosefrom_np` (glibc 2.34), which the module map of Glibc does not show: no child holds our sockets open.
    private static let closeFrom: CloseFrom? =
        dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map { unsafeBitCast($0, to: CloseFrom.self) }
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    private struct SpawnError: Error, CustomStringConvertible {
        var description: String
    }

    deinit {
        if isRunning {
            kill(pid, SIGKILL)
            // Or nobody takes its exit status, and the zombie keeps the testing library's own monitor busy.
            _ = collect(0)
        }
    }

    package var isRunning: Bool { collect(WNOHANG) == nil }

    /// Takes the exit status where there is one, and remembers it.
    private func collect(_ options: Int32) -> Int32? {
        lock.lock()
        defer { lock.unlock() }
        var found: Int32 = 0
        if status == nil, waitpid(pid, &found, options) == pid { status = found }
        return status
    }

    /// What is not UTF-8 stands there as replacement characters; the rest can be searched all the same.
    package var standardOutput: String { String(decoding: output.contents, as: UTF8.self) }
    package var standardError: String { String(decoding: errors.contents, as: UTF8.self) }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// Lets no file that the process writes to grow beyond so many bytes; nil: it may again.
    package func limitFiles(bytes: Int?) throws {
        _ = try ChildProcess.run("prlimit", ["--pid", "\(pid)", "--fsize=\(bytes.map { "\($0)" } ?? "unlimited"):"])
    }

    /// Waits for the end and answers the exit status; the number of the signal where one ended it.
    @discardableResult
    package func wait() -> Int32 {
        while true {
            if let status = collect(WNOHANG) { return status & 0x7f == 0 ? status >> 8 & 0xff : status & 0x7f }
            usleep(1000)
        }
    }

    /// Runs a program to its end.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil
    ) throws -> (status: Int32, output: String, errors: String) {
        let child = try ChildProcess(program, arguments, environment: environment, input: input)
        let status = child.wait()
        return (status, child.standardOutput, child.standardError)
    }

    /// Python with the test packages: `RECS_PYTHON` (set by Scripts/test), else `python3`.
    package static var python: String { ProcessInfo.processInfo.environment["RECS_PYTHON"] ?? "python3" }
}

/// A TCP port of 127.0.0.1 that was free just now.
package func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = bind(descriptor, $0, length)
            _ = getsockname(descriptor, $0, &length)
        }
    }
    return Int(UInt16(bigEndian: address.sin_port))
}

/// Waits until `condition` holds, asking again every 10 ms, at most `seconds`; answers whether it came to hold.
package func eventually(within seconds: Double = 30, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
        if try condition() { return true }
        usleep(10_000)
    }
    return try condition()
}
