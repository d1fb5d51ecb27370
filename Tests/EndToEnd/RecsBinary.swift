import Foundation
import TestSupport

/// The program under test: `RECS_BINARY`, else what the build has put beside the tests.
enum RecsBinary {
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["RECS_BINARY"] { return named }
        let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("recs").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return Repository.root.appendingPathComponent(".build/debug/recs").path
    }()

    /// What a run of the program came to.
    struct Run: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    /// Runs the program to its end.
    static func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Run {
        try await run(arguments, environment: environment)
    }

    /// A run that does not end within so many seconds is ended, with status -1.
    static func run(_ arguments: [String], environment: [String: String] = [:], within seconds: Double = 30) async throws -> Run {
        let child = try ChildProcess(path, arguments, environment: environment)
        let hasEnded = await comesTrue(within: seconds) { !child.isRunning }
        if !hasEnded { child.signal(SIGKILL) }
        let status = try await onOwnThread { child.wait() }
        return Run(
            status: hasEnded ? status : -1, output: child.standardOutput,
            errors: (hasEnded ? "" : "recs \(arguments.joined(separator: " ")) did not end\n") + child.standardError)
    }
}
