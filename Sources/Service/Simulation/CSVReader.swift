import Foundation

/// Reads comma-separated values row by row (RFC 4180: quoted fields may hold commas, doubled quotes and line breaks; CRLF or LF).
struct CSVReader: Sendable {
    /// The line on which the last row read began, from 1.
    private(set) var lineNumber = 0
    private let bytes: Data
    private var place: Data.Index
    private var nextLine = 1

    init(_ bytes: Data) {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        self.bytes = bytes
        place = bytes.starts(with: mark) ? bytes.startIndex + mark.count : bytes.startIndex
    }

    /// The next row's fields; nil at the end. Empty lines are passed over.
    mutating func nextRow() -> [String]? {
        skipEmptyLines()
        guard place < bytes.endIndex else { return nil }
        lineNumber = nextLine
        var row: [String] = []
        repeat { row.append(nextField()) } while takesComma()
        takeLineBreak()
        return row
    }

    private mutating func nextField() -> String {
        var field: [UInt8] = []
        if place < bytes.endIndex, bytes[place] == UInt8(ascii: "\"") {
            place += 1
            while place < bytes.endIndex {
                let byte = bytes[place]
                place += 1
                if byte == UInt8(ascii: "\"") {
                    guard place < bytes.endIndex, bytes[place] == UInt8(ascii: "\"") else { break }
                    place += 1
                }
                if byte == UInt8(ascii: "\n") { nextLine += 1 }
                field.append(byte)
            }
        }
        while place < bytes.endIndex, !isEnd(bytes[place]) {
            field.append(bytes[place])
            place += 1
        }
        return String(decoding: field, as: UTF8.self)
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    private mutating func takesComma() -> Bool {
        guard place < bytes.endIndex, bytes[place] == UInt8(ascii: ",") else { return false }
        place += 1
        return true
    }

    private mutating func takeLineBreak() {
        if place < bytes.endIndex, bytes[place] == UInt8(ascii: "\r") { place += 1 }
        if place < bytes.endIndex, bytes[place] == UInt8(ascii: "\n") { place += 1 }
        nextLine += 1
    }

    private mutating func skipEmptyLines() {
        while place < bytes.endIndex, bytes[place] == UInt8(ascii: "\n") || bytes[place] == UInt8(ascii: "\r") {
            if bytes[place] == UInt8(ascii: "\n") { nextLine += 1 }
            place += 1
        }
    }
}
