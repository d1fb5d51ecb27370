/// Columns of text for a terminal, as wide as their widest cell.
struct Table {
    private var rows: [[String]] = []
    /// Columns whose cells stand to the right.
    private let numeric: Set<Int>

    init(_ head: [String], numeric: Set<Int> = []) {
        self.numeric = numeric
        rows = [head]
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return numeric.contains(column) ? space + cell : cell + space
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

/// A number with so many digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    let parts = "\(rounded)".split(separator: ".")
    guard digits > 0, parts.count == 2, !parts[1].contains("e") else { return digits > 0 ? "\(rounded)" : "\(Int(rounded))" }
    return "\(parts[0])." + parts[1].prefix(digits) + String(repeating: "0", count: max(0, digits - parts[1].count))
}

/// How long ago a time was, in words; both in milliseconds since 1970.
func ago(_ time: Int64, now: Int64) -> String {
    if time <= 0 { return "never" }
    let seconds = max(0, now - time) / 1000
    if seconds < 60 { return "\(seconds) s ago" }
    if seconds < 3600 { return "\(seconds / 60) min ago" }
    if seconds < 172_800 { return "\(seconds / 3600) h ago" }
    return "\(seconds / 86_400) d ago"
}
