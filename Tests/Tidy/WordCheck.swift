/// Words that may not stand in the code, or nowhere in a file.
enum WordCheck {
    /// What a file that says `// hot path` in its first line must do without (STYLE 19).
    static let hotPathWords = ["String(", "Any", "any ", "class ", "Foundation", "@escaping"]
    static let sleepWords = ["Thread.sleep", "usleep", "nanosleep"]
    static let unfinishedWords = ["TO" + "DO", "FIX" + "ME", "HA" + "CK"]
    /// Places of one machine, which mean nothing on another.
    static let placeWords = ["/wo" + "rk/", "/tm" + "p/", "/ro" + "ot/", "/ho" + "me/"]

    /// True where the file is on the hot path by its own words.
    static func isHotPath(_ source: SwiftSource) -> Bool { source.lines.first?.hasPrefix("// hot path") == true }

    static func hotPathFindings(in source: SwiftSource) -> [Finding] {
        isHotPath(source) ? codeFindings(in: source, words: hotPathWords, reason: "not on the hot path") : []
    }

    static func forcedTryFindings(in source: SwiftSource) -> [Finding] {
        codeFindings(in: source, words: ["try!"], reason: "handle the error, or let the function throw")
    }

    static func sleepFindings(in source: SwiftSource) -> [Finding] {
        codeFindings(in: source, words: sleepWords, reason: "wait for the event itself; no sleep as synchronisation")
    }

    /// Findings of words standing alone in the code, comments and strings left aside.
    static func codeFindings(in source: SwiftSource, words: [String], reason: String) -> [Finding] {
        words.flatMap { word in
            offsets(of: word, in: source.code).map {
                Finding(path: source.path, line: source.line(at: $0), message: "`\(word)`: \(reason)")
            }
        }
    }

    /// Findings of words anywhere in a text, comments and strings included.
    static func textFindings(in text: String, path: String, words: [String], reason: String) -> [Finding] {
        let bytes = Array(text.utf8)
        return words.flatMap { word in
            offsets(of: word, in: bytes).map { offset in
                let line = bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1
                return Finding(path: path, line: line, message: "`\(word)`: \(reason)")
            }
        }
    }

    /// Where the word stands; where it begins or ends with a letter, no letter may go on beyond.
    static func offsets(of word: String, in bytes: [UInt8]) -> [Int] {
        let pattern = Array(word.utf8)
        guard let first = pattern.first, let last = pattern.last else { return [] }
        var offsets: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            while start + pattern.count <= bytes.count {
                if bytes[start] == first, isAlone(start..<start + pattern.count, in: bytes, first: first, last: last),
                    bytes[start..<start + pattern.count].elementsEqual(pattern)
                {
                    offsets.append(start)
                }
                start += 1
            }
        }
        return offsets
    }

    private static func isAlone(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>, first: UInt8, last: UInt8) -> Bool {
        if range.lowerBound > 0, SwiftSource.isWordByte(first), SwiftSource.isWordByte(bytes[range.lowerBound - 1]) { return false }
        if range.upperBound < bytes.count, SwiftSource.isWordByte(last), SwiftSource.isWordByte(bytes[range.upperBound]) { return false }
        return true
    }
}
