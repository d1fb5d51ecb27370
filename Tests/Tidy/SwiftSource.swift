/// A Swift file as the checks see it.
struct SwiftSource {
    /// An identifier or keyword of the code.
    struct Word {
        var text: String
        var offset: Int
        /// Braces open around it.
        var depth: Int
    }

    /// Relative to the checkout.
    let path: String
    let lines: [Substring]
    /// The text without comments and contents of strings.
    let code: [UInt8]
    let words: [Word]
    private let lineStarts: [Int]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let code = CodeMask.code(of: text.utf8)
        self.code = code
        words = SwiftSource.words(of: code)
        lineStarts = [0] + code.indices.filter { code[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// Lines of the file; a line break at the end begins no further line.
    var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }

    /// The number of the line that holds the byte, from 1.
    func line(at offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// The last byte before `offset` that is no space or line break; 0 where there is none.
    func byteBefore(_ offset: Int) -> UInt8 {
        var place = offset - 1
        while place >= 0, code[place] <= UInt8(ascii: " ") { place -= 1 }
        return place >= 0 ? code[place] : 0
    }

    /// The first byte from `offset` on that is no space or line break; 0 where there is none.
    func byteAfter(_ offset: Int) -> UInt8 {
        var place = offset
        while place < code.count, code[place] <= UInt8(ascii: " ") { place += 1 }
        return place < code.count ? code[place] : 0
    }

    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private static func words(of code: [UInt8]) -> [Word] {
        var words: [Word] = []
        var depth = 0
        var start: Int?
        for (offset, byte) in code.enumerated() {
            if isWordByte(byte) {
                if start == nil { start = offset }
                continue
            }
            if let begun = start {
                words.append(Word(text: String(decoding: code[begun..<offset], as: UTF8.self), offset: begun, depth: depth))
            }
            start = nil
            if byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "}") { depth -= 1 }
        }
        if let begun = start { words.append(Word(text: String(decoding: code[begun...], as: UTF8.self), offset: begun, depth: depth)) }
        return words
    }
}

/// Something that a check does not let pass.
struct Finding: CustomStringConvertible, Equatable {
    var path: String
    var line: Int
    var message: String

    var description: String { "\(path):\(line): \(message)" }
}
