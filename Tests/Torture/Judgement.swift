import Events
import Features
import Oracle

/// What the comparison of features and oracle came to.
package struct Judgement: Sendable {
    /// Events, values or forwards that the oracle has and the service has not.
    package private(set) var lost: Int64 = 0
    /// What the service has and the oracle has not.
    package private(set) var doubled: Int64 = 0
    /// Values that differ in another way, and whatever else should not be.
    package private(set) var mismatched: Int64 = 0
    /// The first differences in words.
    package private(set) var lines: [String] = []
    /// How many things were compared.
    package private(set) var compared: [String: Int] = [:]

    private static let lineCountMax = 200
    private static let linesOfOneValueMax = 4

    var isClean: Bool { lost == 0 && doubled == 0 && mismatched == 0 }

    mutating func noteCompared(_ what: String, _ count: Int = 1) { compared[what, default: 0] += count }

    mutating func note(_ line: String) {
        if lines.count < Judgement.lineCountMax { lines.append(line) }
    }

    /// One count against another, to the unit.
    mutating func compare(_ name: String, expected: Int64, found: Int64) {
        lost += max(0, expected - found)
        doubled += max(0, found - expected)
        if expected != found { note("\(name): expected \(expected), found \(found)") }
    }

    /// Things that must be there and things that are.
    mutating func compare<Element: Hashable>(_ name: String, expected: Set<Element>, found: Set<Element>) {
        noteCompared(name, expected.count)
        for missing in expected.subtracting(found) {
            lost += 1
            note("\(name): expected \(missing)")
        }
        for other in found.subtracting(expected) {
            doubled += 1
            note("\(name): found \(other)")
        }
    }

    /// What differs in one value; it counts as one.
    mutating func add(_ differences: [String]) {
        if differences.isEmpty { return }
        let kinds = Set(differences.map(Judgement.kind))
        if kinds == [.lost] { lost += 1 } else if kinds == [.doubled] { doubled += 1 } else { mismatched += 1 }
        for line in differences.prefix(Judgement.linesOfOneValueMax) { note(line) }
    }

    mutating func addMismatch(_ line: String) {
        mismatched += 1
        note(line)
    }

    mutating func addLost(_ line: String) {
        lost += 1
        note(line)
    }

    mutating func addDoubled(_ line: String) {
        doubled += 1
        note(line)
    }

    private enum Kind { case lost, doubled, other }

    /// The oracle's lines end in `expected A`, `found B` or, of one number, `expected A, found B`.
    private static func kind(of line: String) -> Kind {
        let numbers = line.split(separator: " ").suffix(4)
        if numbers.count == 4, numbers.first == "expected", numbers.dropFirst(2).first == "found",
            let expected = Double(numbers.dropFirst().first?.dropLast() ?? ""), let found = Double(numbers.last ?? "")
        {
            return expected > found ? .lost : .doubled
        }
        if line.contains(": expected ") && !line.contains(", found ") { return .lost }
        return line.contains(": found ") ? .doubled : .other
    }
}
