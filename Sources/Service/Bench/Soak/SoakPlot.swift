import Experiments

/// Memory and lag over the time of a soak, as an SVG picture.
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
                    Line(name: "recs", colour: SVG.green, values: samples.map { megabytes($0.serviceBytes) }),
                    Line(name: "Redis", colour: SVG.orange, values: samples.map { megabytes($0.redisBytes) }),
                ], bound: megabytes(residentBytesMax)),
            Panel(
                top: 250, title: "lag, thousand events",
                lines: [Line(name: "lag", colour: SVG.green, values: samples.map { Double($0.lag) / 1000 })]),
            Panel(top: 450, title: "posts answered with 503", lines: [Line(name: "503", colour: SVG.orange, values: shedPerSample)]),
        ]
        let heading = SVG.text(16, 26, "recs bench soak: \(Int(end)) s; shaded: a slow Redis, then a stalled log", "font-size=\"16\"")
        return SVG.picture("recs bench soak", height: 660, fontSize: 12, [heading] + panels.flatMap(draw))
    }

    private var end: Double { max(samples.last?.seconds ?? 1, 1) }

    /// By sample, the answers with 503 since the one before.
    private var shedPerSample: [Double] {
        samples.indices.map { Double(samples[$0].shedCount - ($0 > 0 ? samples[$0 - 1].shedCount : 0)) }
    }

    private func x(_ seconds: Double) -> Double { Layout.left + seconds / end * (Layout.right - Layout.left) }

    private func draw(_ panel: Panel) -> [String] {
        let greatest = max(panel.lines.flatMap(\.values).max() ?? 0, panel.bound ?? 0, 1)
        let bottom = panel.top + Layout.height
        func y(_ value: Double) -> Double { bottom - value / greatest * Layout.height }
        var parts = [
            shade(panel.top, .slowRedis), shade(panel.top, .stalledLog), rule(panel.top, dashes: "2 6"), rule(bottom, dashes: nil),
            SVG.text(16, panel.top - 6, panel.title), SVG.text(Layout.right + 6, panel.top + 4, SVG.number(greatest)),
            SVG.text(Layout.right + 6, bottom + 4, "0"),
        ]
        if let bound = panel.bound { parts.append(rule(y(bound), dashes: "6 3")) }
        for (place, line) in panel.lines.enumerated() {
            let points = zip(samples, line.values).map { "\(SVG.number(x($0.seconds))),\(SVG.number(y($1)))" }.joined(separator: " ")
            parts.append("<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(line.colour)\" stroke-width=\"1.5\"/>")
            let last = "\(line.name), at most \(SVG.number(line.values.max() ?? 0))"
            parts.append(SVG.text(Layout.left + 180 + 180 * Double(place), panel.top - 6, last, fill: line.colour))
        }
        return parts
    }

    private func shade(_ top: Double, _ hindrance: SoakHindrance.Kind) -> String {
        let hindered = samples.filter { $0.hindrance == hindrance }
        guard let first = hindered.first, let last = hindered.last else { return "" }
        return """
            <rect x="\(SVG.number(x(first.seconds)))" y="\(SVG.number(top))" width="\(SVG.number(x(last.seconds) - x(first.seconds)))" \
            height="\(SVG.number(Layout.height))" fill="\(SVG.grey)" fill-opacity="0.15"/>
            """
    }

    private func rule(_ y: Double, dashes: String?) -> String {
        let dashed = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        return SVG.line(Layout.left, y, Layout.right, y, "stroke=\"\(SVG.grey)\" stroke-width=\"1\"\(dashed)")
    }

    private enum Layout {
        static let left = 16.0
        static let right = 650.0
        static let height = 150.0
    }
}
