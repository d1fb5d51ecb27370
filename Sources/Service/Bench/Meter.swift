import EventLog

/// Wall time, and CPU time of the process under measurement and of those beside it, from a moment on.
struct Meter {
    private struct Process {
        var name: String
        /// Nil: this process, which can be read more finely than by the clock tick.
        var pid: Int32?
        var before: Double

        init(_ name: String, _ pid: Int32?) {
            self.name = name
            self.pid = pid
            before = 0
            before = spent
        }

        /// CPU seconds since `before`.
        var spent: Double { (pid.map(ProcessTimes.cpuSeconds) ?? Double(processCPUNanoseconds()) / 1e9) - before }
    }

    private let started = ContinuousClock.now
    private let measured: Process
    private let others: [Process]
    /// Of a server, whose stages can be told by its threads alone.
    private let threads: ThreadMeter?

    /// Measures this process. Of the others, those without a pid are not there.
    init(beside others: [(name: String, pid: Int32?)]) {
        measured = Process("", nil)
        threads = nil
        self.others = others.compactMap { name, pid in pid.map { Process(name, $0) } }
    }

    /// Measures a server that this process loads, which is one of those beside it.
    init(server: Int32, beside others: [(name: String, pid: Int32?)]) {
        measured = Process("", server)
        threads = ThreadMeter(of: server)
        self.others = others.compactMap { name, pid in pid.map { Process(name, $0) } } + [Process("load generator", nil)]
    }

    /// What was used while so many units were done.
    func run(count: Int, stages: [BenchReport.Share] = []) -> BenchReport.Run {
        let spent = measured.spent
        return BenchReport.Run(
            count: count, seconds: (ContinuousClock.now - started) / .seconds(1), cpuSeconds: spent,
            others: others.map { BenchReport.Share($0.name, $0.spent) }, stages: threads?.shares(of: spent) ?? stages)
    }
}
