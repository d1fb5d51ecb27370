import Foundation

/// What the threads of a process use from a moment on, told by what they do (proc(5)), to a clock tick a thread.
struct ThreadMeter {
    private struct Thread {
        var name: String
        var cpuSeconds: Double
    }

    /// Beginnings of names as the kernel has them, of which it keeps 15 bytes, and what such threads do. A thread without a name of its own
    /// bears that of the thread that made it: mostly one of dispatch's workers, which run the tasks.
    private static let groups: [(prefix: String, name: String)] = [
        ("NIO-", "event loops"), ("oot.default-qos", "tasks and unnamed threads"), ("-qos.overcommit", "dispatch queues"),
        ("recs-store-read", "store reader"), ("recs-signal-fee", "signal feed"), ("job ", "jobs"), ("archive ", "archive jobs"),
        ("log-", "log writers"), ("rdk:", "librdkafka"),
    ]

    private let pid: Int32
    /// By task id.
    private let before: [String: Thread]

    init(of pid: Int32) {
        self.pid = pid
        before = ThreadMeter.threads(of: pid)
    }

    /// What the process has used since, `cpuSeconds` in all, by its threads, the most first; what no living thread has used is `other`.
    func shares(of cpuSeconds: Double) -> [BenchReport.Share] {
        var sums: [String: Double] = [:]
        for (task, thread) in ThreadMeter.threads(of: pid) {
            sums[ThreadMeter.group(of: thread.name), default: 0] += max(0, thread.cpuSeconds - (before[task]?.cpuSeconds ?? 0))
        }
        sums["other"] = max(0, cpuSeconds - sums.values.reduce(0, +))
        return sums.filter { $0.value > 0 }.map { BenchReport.Share($0.key, $0.value) }.sorted { $0.cpuSeconds > $1.cpuSeconds }
    }

    /// What threads of that name do; where nothing is known, the name up to its number.
    static func group(of name: String) -> String {
        groups.first { name.hasPrefix($0.prefix) }?.name ?? String(name.prefix { !$0.isNumber && $0 != "#" })
    }

    private static func threads(of pid: Int32) -> [String: Thread] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return tasks.reduce(into: [:]) { threads, task in threads[task] = read("/proc/\(pid)/task/\(task)/stat") }
    }

    /// Nil where the thread has just ended. The name stands in parentheses and may contain any.
    private static func read(_ path: String) -> Thread? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let start = text.firstIndex(of: "("),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return Thread(
            name: String(text[text.index(after: start)..<end]), cpuSeconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }
}
