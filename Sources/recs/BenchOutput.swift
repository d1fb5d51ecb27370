import ArgumentParser
import Foundation
import Service

/// How a benchmark's report is printed; shared by all of them.
struct BenchOutput: ParsableArguments {
    @Flag(help: "Print the report as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Draw the figures beside their yardsticks, or over time, into this SVG file.", valueName: "file"))
    var svg: String?

    /// Measures, telling what is being done, and prints the report. Ended by a signal, it leaves no server and no folder behind.
    func show(_ measure: (_ progress: @escaping @Sendable (String) -> Void) async throws -> BenchReport) async throws {
        Leftover.removeAllAtSignals()
        let progress = Progress()
        let report: BenchReport
        do { report = try await measure { progress.show($0) } } catch {
            await Leftover.waitWhereEnding()
            throw error
        }
        progress.end()
        try show(report)
    }

    /// Prints the report; a wrong result prints what is wrong, no figure, and ends with 1.
    func show(_ report: BenchReport) throws {
        output(json ? report.json : report.text)
        if let svg, let picture = report.plot ?? report.svg { try Data(picture.utf8).write(to: URL(fileURLWithPath: svg)) }
        if !report.faults.isEmpty { throw ExitCode(1) }
    }
}

extension BenchReport {
    /// The report as tables for a terminal.
    var text: String {
        guard faults.isEmpty else { return "\(bench), \(setting)\nWRONG: " + faults.joined(separator: "; ") }
        var table = Table(
            ["", "runs", "count", "per CPU s", "least–greatest", "per second", "CPU s", "other CPU s"], numeric: [1, 2, 3, 4, 5, 6])
        for figure in figures { table.add(row(figure)) }
        for yardstick in yardsticks { table.add(row(yardstick.figure)) }
        var lines = ["\(bench), \(setting)"]
        if !figures.isEmpty { lines.append(table.text) }
        if !latencies.isEmpty { lines.append(latencyTable) }
        for yardstick in yardsticks {
            lines += ratios(yardstick).map { "\($0.name) / \(yardstick.figure.name): \(fixed($0.ratio, 3))" }
        }
        for figure in figures + yardsticks.map(\.figure) {
            if !figure.stages.isEmpty { lines.append("\(figure.name), CPU s by stage: \(stages(figure))") }
            if let times = figure.times {
                lines.append("\(figure.name), \(times.step): p50 \(fixed(times.p50, 1)) ms, p99 \(fixed(times.p99, 1)) ms")
            }
            let details = figure.details.map { "\($0.name) \(fixed($0.value, 2))" }.joined(separator: ", ")
            if !details.isEmpty { lines.append("\(figure.name): \(details)") }
        }
        lines += aims.map(line)
        lines.append("peak memory \(peakBytes >> 20) MB; checked: \(checked)")
        let versions = machine.versions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        lines.append("\(machine.cpu), \(machine.coreCount) cores; \(versions)")
        return lines.joined(separator: "\n")
    }

    private func row(_ figure: Figure) -> [String] {
        let speed = figure.perCPUSecond
        return [
            figure.name, "\(figure.runs.count)", "\(figure.count) \(figure.unit)", fixed(speed.median, 0),
            "\(fixed(speed.least, 0))–\(fixed(speed.greatest, 0))", fixed(figure.perSecond.median, 0), fixed(figure.cpuSeconds, 2),
            words(figure.others),
        ]
    }

    private var latencyTable: String {
        var table = Table(
            ["", "runs", "count", "p50 ms", "p99 ms", "least–greatest p99", "longest ms", "held against", "p99 ratio"],
            numeric: [1, 2, 3, 4, 5, 6, 8])
        for latency in latencies {
            let yardstick = latency.yardstick.map { "\($0.name), p50 \(fixed($0.p50, 1)), p99 \(fixed($0.p99, 1))" } ?? ""
            let ratio = latency.yardstick.map { fixed(latency.p99.median / max($0.p99, 1e-9), 2) } ?? ""
            table.add([
                latency.name, "\(latency.runs.count)", "\(latency.count)", fixed(latency.p50.median, 1), fixed(latency.p99.median, 1),
                "\(fixed(latency.p99.least, 1))–\(fixed(latency.p99.greatest, 1))", fixed(latency.greatest, 1), yardstick, ratio,
            ])
        }
        return table.text
    }

    private func line(_ aim: Aim) -> String {
        let (sign, bound) =
            switch aim.bound {
            case .atLeast(let least): ("at least", least)
            case .atMost(let most): ("at most", most)
            }
        func number(_ value: Double) -> String { fixed(value, value < 10 ? 2 : value < 1000 ? 1 : 0) }
        let name = aim.of.isEmpty ? "" : "\(aim.of), "
        return "aim: \(name)\(aim.what) \(sign) \(number(bound)): \(number(aim.value)), \(aim.isReached ? "reached" : "missed")"
    }

    /// The stages' CPU seconds, and how much of the figure's each is.
    private func stages(_ figure: Figure) -> String {
        figure.stages.map {
            "\($0.name) \(fixed($0.cpuSeconds, 2)) (\(fixed($0.cpuSeconds / max(figure.cpuSeconds, 1e-9) * 100, 0)) %)"
        }.joined(separator: ", ")
    }

    private func words(_ shares: [Share]) -> String { shares.map { "\($0.name) \(fixed($0.cpuSeconds, 2))" }.joined(separator: ", ") }
}
