import EventLog
import Foundation

/// CPU and memory of a process, this one or another: its CPU clock, and what /proc tells (proc(5)).
struct ProcessTimes {
    /// CPU seconds of user and system, of the process and all threads that it has or had; 0 where there is no such process.
    static func cpuSeconds(of pid: Int32) -> Double {
        Double(processCPUNanoseconds(of: pid)) / 1e9
    }

    /// Most memory that this process ever held, bytes.
    static var peakByteCount: Int64 { peakByteCount(of: ProcessInfo.processInfo.processIdentifier) }

    /// Most memory that a process ever held, bytes.
    static func peakByteCount(of pid: Int32) -> Int64 { memory("VmHWM:", of: pid) }

    /// Memory that this process holds now, bytes.
    static var residentByteCount: Int64 { residentByteCount(of: ProcessInfo.processInfo.processIdentifier) }

    /// Memory that a process holds now, bytes.
    static func residentByteCount(of pid: Int32) -> Int64 { memory("VmRSS:", of: pid) }

    /// Gives what was freed back to the system, so that memory held is memory in use (malloc_trim(3), which Swift's Glibc does not import).
    static func giveBackFreeMemory() {
        _ = linkedFunction("malloc_trim", as: (@convention(c) (Int) -> Int32).self)?(0)
    }

    private static func memory(_ field: String, of pid: Int32) -> Int64 {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) } ?? ""
        return (line.split(separator: " ").compactMap { Int64($0) }.first ?? 0) << 10
    }
}
