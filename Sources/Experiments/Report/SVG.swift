internal import Foundation

/// The elements of an SVG picture: 720 units wide, with the fonts that are there, in mid tones with a contrast of at least 3 : 1 to both
/// white and near-black.
package enum SVG {
    /// What words and rules are drawn in.
    package static let grey = "#7a7f87"
    package static let green = "#2e9e5b"
    package static let blue = "#4c8dd6"
    package static let orange = "#c8683a"

    /// The picture of the parts, `height` units high.
    package static func picture(_ title: String, height: Double, fontSize: Int = 13, _ parts: [String]) -> String {
        let head = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720.0 \(number(height))" font-family="system-ui, sans-serif" \
            font-size="\(fontSize)" role="img">
            <title>\(escaped(title))</title>
            """
        return ([head] + parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    /// A line of words; `style` is further attributes.
    package static func text(_ x: Double, _ y: Double, _ content: String, fill: String = grey, _ style: String = "") -> String {
        let place = "x=\"\(number(x))\" y=\"\(number(y))\""
        return "<text \(place) fill=\"\(fill)\"\(style.isEmpty ? "" : " ")\(style)>\(escaped(content))</text>"
    }

    /// A straight line; `style` is its further attributes.
    package static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" \(style)/>"
    }

    /// A length or place with one decimal.
    package static func number(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
