import Catalog
import Features

/// A state's features as paths and texts, for people who compare two of them: `recentPlays[2].fractionPermille` → `900`.
struct StateText {
    private(set) var lines: [String: String] = [:]
    private let names: NameTable
    private let catalog: Catalog
    /// Taste is read at this event time, milliseconds, so that two texts of the same moment compare.
    private let now: Int64

    init(_ state: Any, names: NameTable, catalog: Catalog, at now: Int64) {
        self.names = names
        self.catalog = catalog
        self.now = now
        add(state, path: "")
    }

    /// In words, what differs: path, expected, found; at most `countMax` lines.
    static func differences(expected: StateText, found: StateText, countMax: Int = 8) -> [String] {
        let paths = Set(expected.lines.keys).union(found.lines.keys).sorted()
        let differing = paths.filter { expected.lines[$0] != found.lines[$0] }
        var lines = differing.prefix(countMax).map {
            "\($0): expected \(expected.lines[$0] ?? "nothing"), found \(found.lines[$0] ?? "nothing")"
        }
        if differing.count > countMax { lines.append("and \(differing.count - countMax) more") }
        return lines
    }

    private mutating func add(_ value: Any, path: String) {
        switch value {
        case let name as Name: lines[path] = "'\(names.text(name))'"
        case let region as RegionID: lines[path] = "'\(region.text)'"
        case let genre as GenreID: lines[path] = catalog.genreName(genre)
        case let taste as TasteWindows: addTaste(taste, path: path)
        default: addParts(of: value, path: path)
        }
    }

    private mutating func addTaste(_ taste: TasteWindows, path: String) {
        for window in TasteWindow.allCases {
            for (genre, weight) in taste.weights(window: window, at: now) {
                lines["\(path) window \(window.key), genre \(catalog.genreName(genre))"] = "\(weight)"
            }
        }
    }

    private mutating func addParts(of value: Any, path: String) {
        let mirror = Mirror(reflecting: value)
        if mirror.children.isEmpty && mirror.displayStyle != .collection && mirror.displayStyle != .optional {
            lines[path] = "\(value)"
            return
        }
        for (index, child) in mirror.children.enumerated() {
            let label = mirror.displayStyle == .collection ? "[\(index)]" : (path.isEmpty ? "" : ".") + (child.label ?? "\(index)")
            add(child.value, path: path + label)
        }
    }
}
