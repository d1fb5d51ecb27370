import Foundation

extension BenchReport {
    /// Bars of what each figure and yardstick does in a CPU second (the median, with a line from least to greatest), or of how long something
    /// took (the median, with a line to p99), as an SVG picture 720 units wide, in colours that read on light and dark grounds. Nil where
    /// something was wrong.
    package var svg: String? {
        guard faults.isEmpty else { return nil }
        let bars = figures.map { bar($0, note: "", Colour.figure) } + yardsticks.map(bar) + latencies.flatMap(bars)
        let scale = max(bars.map(\.greatest).max() ?? 1, 1e-9)
        let height = Layout.top + Layout.rowHeight * Double(bars.count) + Layout.bottom
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(Layout.width)) \(number(height))" \
            font-family="system-ui, sans-serif" font-size="13" role="img">
            """,
            "<title>\(escaped("recs bench \(bench)"))</title>",
            label(
                x: 16, y: 26, "recs bench \(bench): \(latencies.isEmpty ? "per CPU second" : "milliseconds, p50 and p99")",
                style: " font-size=\"16\" font-weight=\"600\""),
            label(x: 16, y: 46, setting, style: " font-size=\"11\""),
        ]
        for (index, bar) in bars.enumerated() {
            parts.append(row(bar, y: Layout.top + Layout.rowHeight * Double(index), scale: scale))
        }
        let versions = machine.versions.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        parts.append(label(x: 16, y: height - 12, "\(machine.cpu), \(machine.coreCount) cores; \(versions)", style: " font-size=\"11\""))
        parts.append("</svg>")
        return parts.joined(separator: "\n") + "\n"
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
        let note = ratios(yardstick).map { "; \($0.name): \(String(format: "%.2f", $0.ratio)) of it" }.joined()
        return bar(yardstick.figure, note: note, Colour.yardstick)
    }

    /// The latency's bar and, where it is not one of the report's latencies itself, its yardstick's.
    private func bars(_ latency: Latency) -> [Bar] {
        func bar(_ name: String, _ p50: Double, _ p99: Double, _ colour: String) -> Bar {
            let text = "\(name): p50 \(number(p50)) ms, p99 \(number(p99)) ms"
            return Bar(text: text, value: p50, least: p50, greatest: p99, colour: colour)
        }
        let isYardstick = latencies.contains { $0.yardstick?.name == latency.name }
        let own = bar(latency.name, latency.p50, latency.p99, isYardstick ? Colour.yardstick : Colour.figure)
        guard let yardstick = latency.yardstick, !latencies.contains(where: { $0.name == yardstick.name }) else { return [own] }
        return [own, bar(yardstick.name, yardstick.p50, yardstick.p99, Colour.yardstick)]
    }

    private func row(_ bar: Bar, y: Double, scale: Double) -> String {
        func x(_ value: Double) -> Double { Layout.left + value / scale * (Layout.right - Layout.left) }
        let middle = y + 26
        return label(x: Layout.left, y: y + 14, bar.text, style: "")
            + """
            <rect x="\(number(Layout.left))" y="\(number(y + 19))" width="\(number(x(bar.value) - Layout.left))" height="14" rx="2" \
            fill="\(bar.colour)"/>
            <line x1="\(number(x(bar.least)))" y1="\(number(middle))" x2="\(number(x(bar.greatest)))" y2="\(number(middle))" \
            stroke="\(Colour.text)" stroke-width="2"/>
            """
    }

    private func label(x: Double, y: Double, _ content: String, style: String) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" fill=\"\(Colour.text)\"\(style)>\(escaped(content))</text>"
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    private func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }

    private enum Layout {
        static let width = 720.0
        static let top = 62.0
        static let bottom = 34.0
        static let rowHeight = 44.0
        static let left = 16.0
        static let right = 700.0
    }

    /// Mid tones with a contrast of at least 3 : 1 to both white and near-black.
    private enum Colour {
        static let text = "#7a7f87"
        static let figure = "#2e9e5b"
        static let yardstick = "#4c8dd6"
    }
}
