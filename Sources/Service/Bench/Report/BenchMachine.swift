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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
        return process.terminationStatus == 0 ? line : nil
    }
}
