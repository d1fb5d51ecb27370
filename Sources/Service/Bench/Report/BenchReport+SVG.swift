import Experiments
import Foundation

extension BenchReport {
    /// Bars of what each figure and yardstick does in a CPU second (the median, with a line from least to greatest), or of how long something
    /// took (the median, with a line to p99), as an SVG picture. Nil where something was wrong.
    package var svg: String? {
        guard faults.isEmpty else { return nil }
        // Times and speeds have no scale in common.
        let bars = latencies.isEmpty ? figures.map { bar($0, note: "", SVG.green) } + yardsticks.map(bar) : latencies.flatMap(bars)
        let scale = max(bars.map(\.greatest).max() ?? 1, 1e-9)
        let height = Layout.top + Layout.rowHeight * Double(bars.count) + Layout.bottom
        var parts = [
            SVG.text(
                16, 26, "recs bench \(bench): \(latencies.isEmpty ? "per CPU second" : "milliseconds, p50 and p99")",
                "font-size=\"16\" font-weight=\"600\""),
            SVG.text(16, 46, setting, "font-size=\"11\""),
        ]
        for (index, bar) in bars.enumerated() {
            parts.append(row(bar, y: Layout.top + Layout.rowHeight * Double(index), scale: scale))
        }
        let versions = machine.versions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        parts.append(SVG.text(16, height - 12, "\(machine.cpu), \(machine.coreCount) cores; \(versions)", "font-size=\"11\""))
        return SVG.picture("recs bench \(bench)", height: height, parts)
    }

    private struct Bar {
        var text: String
        var value: Double
        var least: Double
        var greatest: Double
        var colour: String
    }

    private func bar(_ figure: Figure, note: String, _ colour: String) -> Bar {
        let speed = figure.perCPUSecond
        let count = Int(speed.median.rounded()).formatted(.number.locale(Locale(identifier: "en")))
        return Bar(
            text: "\(figure.name): \(count) \(figure.unit)\(note)", value: speed.median, least: speed.least, greatest: speed.greatest,
            colour: colour)
    }

    private func bar(_ yardstick: Yardstick) -> Bar {
        let note = ratios(yardstick).map { "; \($0.name): \(String(format: "%.2f", $0.ratio)) × that" }.joined()
        return bar(yardstick.figure, note: note, SVG.blue)
    }

    /// The latency's bar and, where it is not one of the report's latencies itself, its yardstick's.
    private func bars(_ latency: Latency) -> [Bar] {
        func bar(_ name: String, _ p50: Double, _ p99: Double, _ colour: String) -> Bar {
            let text = "\(name): p50 \(SVG.number(p50)) ms, p99 \(SVG.number(p99)) ms"
            return Bar(text: text, value: p50, least: p50, greatest: p99, colour: colour)
        }
        let isYardstick = latencies.contains { $0.yardstick?.name == latency.name }
        let own = bar(latency.name, latency.p50.median, latency.p99.median, isYardstick ? SVG.blue : SVG.green)
        guard let yardstick = latency.yardstick, !latencies.contains(where: { $0.name == yardstick.name }) else { return [own] }
        return [own, bar(yardstick.name, yardstick.p50, yardstick.p99, SVG.blue)]
    }

    private func row(_ bar: Bar, y: Double, scale: Double) -> String {
        func x(_ value: Double) -> Double { Layout.left + value / scale * (Layout.right - Layout.left) }
        let middle = y + 26
        return SVG.text(Layout.left, y + 14, bar.text)
            + """
            <rect x="\(SVG.number(Layout.left))" y="\(SVG.number(y + 19))" width="\(SVG.number(x(bar.value) - Layout.left))" \
            height="14" rx="2" fill="\(bar.colour)"/>
            \(SVG.line(x(bar.least), middle, x(bar.greatest), middle, "stroke=\"\(SVG.grey)\" stroke-width=\"2\""))
            """
    }

    private enum Layout {
        static let top = 62.0
        static let bottom = 34.0
        static let rowHeight = 44.0
        static let left = 16.0
        static let right = 700.0
    }
}
