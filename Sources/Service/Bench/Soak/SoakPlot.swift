import Foundation

/// Memory and lag over the time of a soak, as an SVG picture 720 units wide, in colours that read on light and dark grounds.
struct SoakPlot {
    private struct Line {
        var name: String
        var colour: String
        var values: [Double]
    }

    /// Where a curve's panel stands, from top to bottom.
    private struct Panel {
        var top: Double
        var title: String
        var lines: [Line]
        /// A level that must not be crossed.
        var bound: Double?
    }

    let samples: [SoakWatch.Sample]
    let residentBytesMax: Int64

    var svg: String {
        func megabytes(_ bytes: Int64) -> Double { Double(bytes) / 1_048_576 }
        let panels = [
            Panel(
                top: 50, title: "resident memory, MB",
                lines: [
                    Line(name: "recs", colour: Colour.service, values: samples.map { megabytes($0.serviceBytes) }),
                    Line(name: "Redis", colour: Colour.redis, values: samples.map { megabytes($0.redisBytes) }),
                ], bound: megabytes(residentBytesMax)),
            Panel(
                top: 250, title: "lag, thousand events",
                lines: [Line(name: "lag", colour: Colour.service, values: samples.map { Double($0.lag) / 1000 })]),
            Panel(top: 450, title: "posts answered with 503", lines: [Line(name: "503", colour: Colour.redis, values: shedPerSample)]),
        ]
        let head = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 660" font-family="system-ui, sans-serif" font-size="12" role="img">
            <title>recs bench soak</title>
            \(text(16, 26, "recs bench soak: \(Int(end)) s; shaded: a slow Redis, then a stalled log", size: 16))
            """
        return head + panels.map(draw).joined() + "</svg>\n"
    }

    private var end: Double { max(samples.last?.seconds ?? 1, 1) }

    /// By sample, the answers with 503 since the one before.
    private var shedPerSample: [Double] {
        samples.indices.map { Double(samples[$0].shedCount - ($0 > 0 ? samples[$0 - 1].shedCount : 0)) }
    }

    private func x(_ seconds: Double) -> Double { Layout.left + seconds / end * (Layout.right - Layout.left) }

    private func draw(_ panel: Panel) -> String {
        let greatest = max(panel.lines.flatMap(\.values).max() ?? 0, panel.bound ?? 0, 1)
        let bottom = panel.top + Layout.height
        func y(_ value: Double) -> Double { bottom - value / greatest * Layout.height }
        var parts = [
            shade(panel.top, .slowRedis), shade(panel.top, .stalledLog), rule(panel.top, dashes: "2 6"), rule(bottom, dashes: nil),
            text(16, panel.top - 6, panel.title),
        ]
        parts.append(text(Layout.right + 6, panel.top + 4, number(greatest)))
        parts.append(text(Layout.right + 6, bottom + 4, "0"))
        if let bound = panel.bound { parts.append(rule(y(bound), dashes: "6 3")) }
        for (place, line) in panel.lines.enumerated() {
            let points = zip(samples, line.values).map { "\(number(x($0.seconds))),\(number(y($1)))" }.joined(separator: " ")
            parts.append("<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(line.colour)\" stroke-width=\"1.5\"/>")
            let last = "\(line.name), at most \(number(line.values.max() ?? 0))"
            parts.append(text(Layout.left + 180 + 180 * Double(place), panel.top - 6, last, colour: line.colour))
        }
        return parts.joined(separator: "\n") + "\n"
    }

    private func shade(_ top: Double, _ hindrance: SoakHindrance.Kind) -> String {
        let hindered = samples.filter { $0.hindrance == hindrance }
        guard let first = hindered.first, let last = hindered.last else { return "" }
        return """
            <rect x="\(number(x(first.seconds)))" y="\(number(top))" width="\(number(x(last.seconds) - x(first.seconds)))" \
            height="\(number(Layout.height))" fill="\(Colour.text)" fill-opacity="0.15"/>
            """
    }

    private func rule(_ y: Double, dashes: String?) -> String {
        """
        <line x1="\(number(Layout.left))" y1="\(number(y))" x2="\(number(Layout.right))" y2="\(number(y))" stroke="\(Colour.text)" \
        stroke-width="1"\(dashes.map { " stroke-dasharray=\"\($0)\"" } ?? "")/>
        """
    }

    private func text(_ x: Double, _ y: Double, _ content: String, size: Int = 12, colour: String = Colour.text) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" fill=\"\(colour)\">\(content)</text>"
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    private enum Layout {
        static let left = 16.0
        static let right = 650.0
        static let height = 150.0
    }

    /// Mid tones with a contrast of at least 3 : 1 to both white and near-black.
    private enum Colour {
        static let text = "#7a7f87"
        static let service = "#2e9e5b"
        static let redis = "#c8683a"
    }
}
