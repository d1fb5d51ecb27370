import EventLog
import Foundation

/// What another process has used: its CPU clock, and what /proc tells (proc(5)).
struct ProcessTimes {
    /// CPU seconds of user and system, of the process and all threads that it has or had; 0 where there is no such process.
    static func cpuSeconds(of pid: Int32) -> Double {
        Double(processCPUNanoseconds(of: pid)) / 1e9
    }

    /// The same of the living threads, to a clock tick, summed by what they do: a thread's name up to its number.
    static func cpuSecondsByThread(of pid: Int32) -> [String: Double] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.reduce(into: [:]) { sums, task in
            guard let times = read("/proc/\(pid)/task/\(task)/stat") else { return }
            sums[String(times.name.prefix { !$0.isNumber && $0 != "#" }), default: 0] += times.cpuSeconds
        }
    }

    /// Most memory that this process ever held, bytes.
    static var peakByteCount: Int64 { peakByteCount(of: ProcessInfo.processInfo.processIdentifier) }

    /// Most memory that a process ever held, bytes.
    static func peakByteCount(of pid: Int32) -> Int64 { memory("VmHWM:", of: pid) }

    /// Memory that this process holds now, bytes.
    static var residentByteCount: Int64 { memory("VmRSS:", of: ProcessInfo.processInfo.processIdentifier) }

    private static func memory(_ field: String, of pid: Int32) -> Int64 {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) } ?? ""
        return (line.split(separator: " ").compactMap { Int64($0) }.first ?? 0) << 10
    }

    private static func read(_ path: String) -> (name: String, cpuSeconds: Double)? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let start = text.firstIndex(of: "("),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (String(text[text.index(after: start)..<end]), (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }
}
