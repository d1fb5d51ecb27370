import EventLog
import Foundation

/// Where a benchmark ran and with what.
package struct BenchMachine: Sendable, Equatable {
    package var cpu: String
    package var coreCount: Int
    /// Versions by name; what cannot be found out is left out.
    package var versions: [(name: String, version: String)]

    package init(cpu: String, coreCount: Int, versions: [(name: String, version: String)]) {
        self.cpu = cpu
        self.coreCount = coreCount
        self.versions = versions
    }

    package static func == (a: BenchMachine, b: BenchMachine) -> Bool {
        a.cpu == b.cpu && a.coreCount == b.coreCount && a.versions.elementsEqual(b.versions) { $0 == $1 }
    }

    /// This machine.
    package static func current() -> BenchMachine {
        let lines = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
        let redis = firstLine(of: ["redis-server", "--version"])?.split(separator: " ").first { $0.hasPrefix("v=") }?.dropFirst(2)
        let versions: [(String, String?)] = [
            ("swift", swift), ("librdkafka", KafkaLog.libraryVersion), ("redis", redis.map(String.init)),
            ("recs", firstLine(of: ["git", "-C", folder, "describe", "--always", "--dirty"])),
        ]
        return BenchMachine(
            cpu: model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown CPU",
            coreCount: ProcessInfo.processInfo.activeProcessorCount,
            versions: versions.compactMap { name, version in version.map { (name, $0) } })
    }

    /// The compiler's version, as far as the language tells.
    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// The first line that a command prints; nil where it fails.
    static func firstLine(of command: [String]) -> String? {
        let (status, output) = run(command, errors: "/dev/null")
        return status == 0 ? output.split(separator: "\n").first.map(String.init) : nil
    }

    /// Runs a command to its end; answers its status, 0 where it succeeded, and what it printed. `errors` is what the shell's `2>` takes.
    ///
    /// Not by Foundation's `Process`: that reads past the end of a directory's entry when it counts our descriptors (on Linux, Swift 6.3),
    /// and a load opens many.
    static func run(_ command: [String], errors: String) -> (status: Int32, output: String) {
        let words = command.map { "'\($0.replacingOccurrences(of: "'", with: "'\\''"))'" }.joined(separator: " ")
        guard let stream = popen("\(words) 2>\(errors)", "r") else { return (errno, String(cString: strerror(errno))) }
        let output = FileHandle(fileDescriptor: fileno(stream)).readDataToEndOfFile()
        return (pclose(stream), String(decoding: output, as: UTF8.self))
    }
}
