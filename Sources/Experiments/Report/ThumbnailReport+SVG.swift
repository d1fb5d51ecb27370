internal import Features
internal import Foundation

extension ThumbnailReport {
    /// The variants' win rates with their 95 % intervals as an SVG picture: 720 units wide, in colours that read on light and dark
    /// grounds, with the fonts that are there.
    package var svg: String {
        let height = Layout.top + Layout.rowHeight * Double(variants.count) + Layout.bottom
        let axis = RateAxis(variants)
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(Layout.width)) \(number(height))" \
            font-family="system-ui, sans-serif" font-size="13" role="img">
            """,
            "<title>\(escaped("Thumbnail test \(test)"))</title>",
            label(x: 16, y: 26, "Thumbnail test \(test), title \(title)", style: "font-size=\"16\" font-weight=\"600\""),
            label(x: 16, y: 48, recommendation, style: ""),
            label(x: 16, y: 66, freshness, style: "font-size=\"11\""),
        ]
        parts += axis.ticks.map { tick in
            let x = axis.x(tick)
            return line(x, Layout.top - 12, x, height - Layout.bottom + 4, "stroke=\"\(Colour.grid)\" stroke-opacity=\"0.5\"")
                + label(x: x, y: height - 14, percent(tick), style: "text-anchor=\"middle\"")
        }
        for (index, variant) in variants.enumerated() {
            parts.append(row(variant, axis, y: Layout.top + Layout.rowHeight * (Double(index) + 0.5)))
        }
        parts.append("</svg>")
        return parts.joined(separator: "\n") + "\n"
    }

    private func row(_ result: VariantResult, _ axis: RateAxis, y: Double) -> String {
        let isWinner = verdict == .winner(result.variant)
        let colour = isWinner ? Colour.winner : Colour.interval
        let low = axis.x(result.rateInterval.low)
        let high = axis.x(result.rateInterval.high)
        let counts = "\(result.variant)  \(result.arm.won) of \(result.arm.exposed)"
        let note = result.lift.map { "lift \(signedPercent($0.value)), P(best) \(percent(result.bestProbability))" } ?? "control"
        return label(x: 16, y: y - 2, counts, style: isWinner ? "font-weight=\"600\"" : "")
            + label(x: 16, y: y + 14, note, style: "font-size=\"11\"")
            + line(low, y, high, y, "stroke=\"\(colour)\" stroke-width=\"3\" stroke-linecap=\"round\"")
            + "<circle cx=\"\(number(axis.x(result.arm.rate)))\" cy=\"\(number(y))\" r=\"5\" fill=\"\(colour)\"/>"
    }
}

private enum Layout {
    static let width = 720.0
    static let top = 84.0
    static let bottom = 40.0
    static let rowHeight = 44.0
    static let plotLeft = 270.0
    static let plotRight = 690.0
}

/// Mid tones with a contrast of at least 3 : 1 to both white and near-black.
private enum Colour {
    static let text = "#7a7f87"
    static let grid = "#8a8f98"
    static let interval = "#4c8dd6"
    static let winner = "#2e9e5b"
}

/// From win rate to place.
private struct RateAxis {
    let low: Double
    let high: Double
    let ticks: [Double]

    init(_ variants: [VariantResult]) {
        let least = variants.map(\.rateInterval.low).min() ?? 0
        let greatest = variants.map(\.rateInterval.high).max() ?? 1
        let step = niceStep((greatest - least) / 4)
        low = (least / step).rounded(.down) * step
        high = max((greatest / step).rounded(.up) * step, low + step)
        let first = low
        ticks = (0...Int(((high - low) / step).rounded())).map { first + Double($0) * step }
    }

    func x(_ rate: Double) -> Double { Layout.plotLeft + (rate - low) / (high - low) * (Layout.plotRight - Layout.plotLeft) }
}

/// The next of 1, 2, 5 times a power of ten.
private func niceStep(_ step: Double) -> Double {
    guard step > 0 else { return 0.01 }
    let power = pow(10, log10(step).rounded(.down))
    return [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= step * 0.999 } ?? 10 * power
}

private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
    "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" \(style)/>"
}

private func label(x: Double, y: Double, _ content: String, style: String) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" fill=\"\(Colour.text)\" \(style)>\(escaped(content))</text>"
}

private func number(_ value: Double) -> String { String(format: "%.1f", value) }

private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
        .replacingOccurrences(of: ">", with: "&gt;")
}
