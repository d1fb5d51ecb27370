internal import Features
internal import Foundation

extension ThumbnailReport {
    /// The variants' win rates with their 95 % intervals as an SVG picture.
    package var svg: String {
        let height = Layout.top + Layout.rowHeight * Double(variants.count) + Layout.bottom
        let axis = RateAxis(variants)
        var parts = [
            SVG.text(16, 26, "Thumbnail test \(test), title \(title)", "font-size=\"16\" font-weight=\"600\""),
            SVG.text(16, 48, recommendation), SVG.text(16, 66, freshness, "font-size=\"11\""),
        ]
        parts += axis.ticks.map { tick in
            let x = axis.x(tick)
            return SVG.line(x, Layout.top - 12, x, height - Layout.bottom + 4, "stroke=\"#8a8f98\" stroke-opacity=\"0.5\"")
                + SVG.text(x, height - 14, percent(tick), "text-anchor=\"middle\"")
        }
        for (index, variant) in variants.enumerated() {
            parts.append(row(variant, axis, y: Layout.top + Layout.rowHeight * (Double(index) + 0.5)))
        }
        return SVG.picture("Thumbnail test \(test)", height: height, parts)
    }

    private func row(_ result: VariantResult, _ axis: RateAxis, y: Double) -> String {
        let isWinner = verdict == .winner(result.variant)
        let colour = isWinner ? SVG.green : SVG.blue
        let low = axis.x(result.rateInterval.low)
        let high = axis.x(result.rateInterval.high)
        let counts = "\(result.variant)  \(result.arm.won) of \(result.arm.exposed)"
        let note = result.lift.map { "lift \(signedPercent($0.value)), P(best) \(percent(result.bestProbability))" } ?? "control"
        return SVG.text(16, y - 2, counts, isWinner ? "font-weight=\"600\"" : "") + SVG.text(16, y + 14, note, "font-size=\"11\"")
            + SVG.line(low, y, high, y, "stroke=\"\(colour)\" stroke-width=\"3\" stroke-linecap=\"round\"")
            + "<circle cx=\"\(SVG.number(axis.x(result.arm.rate)))\" cy=\"\(SVG.number(y))\" r=\"5\" fill=\"\(colour)\"/>"
    }
}

private enum Layout {
    static let top = 84.0
    static let bottom = 40.0
    static let rowHeight = 44.0
    static let plotLeft = 270.0
    static let plotRight = 690.0
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
