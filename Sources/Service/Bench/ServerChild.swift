import Foundation

/// A `recs` process that the benchmark starts, measures and stops.
final class ServerChild: @unchecked Sendable {
    // Only its pid and address are read after `init`; `Process` itself is touched by the one owner.
    private let process: Process
    private let leftover: Leftover
    private static let patience = Duration.seconds(3)
    let url: String
    var pid: Int32 { process.processIdentifier }

    init(_ arguments: [String]) throws {
        let pipe = Pipe()
        (process, leftover) = try Leftover.made {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = arguments
            process.standardError = pipe
            try process.run()
            return process
        } remove: {
            Self.end($0)
        }
        var text = ""
        while !text.contains("listens on http://") {
            let data = pipe.fileHandleForReading.availableData
            guard !data.isEmpty else { throw ClientError(.unreachable, "the benchmark's server did not start: \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
        let rest = text.range(of: "listens on ").map { text[$0.upperBound...] } ?? ""
        url = String(rest.prefix { !$0.isWhitespace })
        // What it says from now on is nobody's business, but its pipe must not fill.
        pipe.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    /// Most memory that the server ever held, bytes.
    var peakBytes: Int64 { ProcessTimes.peakByteCount(of: pid) }

    /// The server's own child: its Redis.
    var childPID: Int32? { Self.child(of: pid) }

    private static func child(of pid: Int32) -> Int32? {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        if let first = text.split(separator: " ").first { return Int32(first) }
        // The child may hang on another thread of the server.
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        for task in tasks {
            let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? ""
            if let first = text.split(separator: " ").first { return Int32(first) }
        }
        return nil
    }

    /// Ends it in order; one that waits for its open streams, or for a slow disk, is not waited for.
    func stop() { leftover.remove() }

    private static func end(_ process: Process) {
        let pid = process.processIdentifier
        let redis = child(of: pid)
        process.terminate()
        wait { process.isRunning }
        if process.isRunning { kill(pid, SIGKILL) }
        process.waitUntilExit()
        // Whoever is killed, or ended before it was ready to be, cannot take its Redis along.
        guard let redis else { return }
        kill(redis, SIGTERM)
        wait { kill(redis, 0) == 0 }
    }

    private static func wait(while condition: () -> Bool) {
        let deadline = ContinuousClock.now + patience
        while condition(), ContinuousClock.now < deadline { usleep(10_000) }
    }
}
