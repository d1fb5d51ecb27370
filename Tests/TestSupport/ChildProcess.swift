package import Foundation
import Glibc

/// A program run by a test: its output is kept, it is ended by pid with its owner.
package final class ChildProcess: @unchecked Sendable {
    private let process = Process()
    private let output: URL
    private let errors: URL
    package var pid: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }

    /// Starts `program` (a path, or a name on PATH) with `environment` added to ours.
    package init(_ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil) throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("recs-child-\(UUID().uuidString)")
        output = base.appendingPathExtension("out")
        errors = base.appendingPathExtension("err")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        if let input {
            let file = base.appendingPathExtension("in")
            try input.write(to: file)
            process.standardInput = try FileHandle(forReadingFrom: file)
            try FileManager.default.removeItem(at: file)
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            // Or nobody takes its exit status, and the zombie keeps the testing library's own monitor busy. `Process` would wait for its
            // children, too.
            waitpid(process.processIdentifier, nil, 0)
        }
        try? FileManager.default.removeItem(at: output)
        try? FileManager.default.removeItem(at: errors)
    }

    /// What is not UTF-8 stands there as replacement characters; the rest can be searched all the same.
    package var standardOutput: String { String(decoding: (try? Data(contentsOf: output)) ?? Data(), as: UTF8.self) }
    package var standardError: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    package func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Lets no file that the process writes to grow beyond so many bytes; nil: it may again.
    package func limitFiles(bytes: Int?) throws {
        _ = try ChildProcess.run("prlimit", ["--pid", "\(pid)", "--fsize=\(bytes.map { "\($0)" } ?? "unlimited"):"])
    }

    /// Waits for the end and answers the exit status.
    @discardableResult
    package func wait() -> Int32 {
        // `waitUntilExit` would keep a core busy where the thread's run loop has nothing else to do.
        while process.isRunning { usleep(1000) }
        return process.terminationStatus
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
