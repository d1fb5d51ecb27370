/// Blanks comments and the contents of string literals out of Swift source, byte for byte, so that what remains is code.
///
/// Understands nested comments, multi-line and raw strings, and interpolation (whose code stays); bare `/regex/` literals are taken for
/// operators.
struct CodeMask {
    private let text: [UInt8]
    private var code: [UInt8]
    private var place = 0

    /// The source with spaces in place of what is not code; line breaks stay where they are.
    static func code(of text: some Collection<UInt8>) -> [UInt8] {
        var mask = CodeMask(Array(text))
        mask.scanCode(untilParenthesis: false)
        return mask.code
    }

    private init(_ text: [UInt8]) {
        self.text = text
        code = text
    }

    private func byte(_ offset: Int = 0) -> UInt8 { place + offset < text.count ? text[place + offset] : 0 }

    private func isAt(_ pattern: StaticString) -> Bool {
        guard place + pattern.utf8CodeUnitCount <= text.count else { return false }
        for index in 0..<pattern.utf8CodeUnitCount where text[place + index] != pattern.utf8Start[index] { return false }
        return true
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where place < text.count {
            if text[place] != UInt8(ascii: "\n") { code[place] = UInt8(ascii: " ") }
            place += 1
        }
    }

    private mutating func scanCode(untilParenthesis: Bool) {
        var depth = 0
        while place < text.count {
            if isAt("//") {
                while place < text.count, byte() != UInt8(ascii: "\n") { blank() }
            } else if isAt("/*") {
                blankComment()
            } else if let hashCount = stringHashCount() {
                scanString(hashCount: hashCount)
            } else if isAt("#/") {
                blank(2)
                while place < text.count, !isAt("/#"), byte() != UInt8(ascii: "\n") { blank() }
                blank(isAt("/#") ? 2 : 0)
            } else {
                if byte() == UInt8(ascii: "(") { depth += 1 }
                if byte() == UInt8(ascii: ")") {
                    if untilParenthesis && depth == 0 { return }
                    depth -= 1
                }
                place += 1
            }
        }
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if isAt("/*") {
                depth += 1
                blank(2)
            } else if isAt("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && place < text.count
    }

    /// The number of `#` before a string literal that begins here; nil where none begins.
    private func stringHashCount() -> Int? {
        var count = 0
        while byte(count) == UInt8(ascii: "#") { count += 1 }
        return byte(count) == UInt8(ascii: "\"") ? count : nil
    }

    private mutating func scanString(hashCount: Int) {
        place += hashCount
        let quoteCount = isAt("\"\"\"") ? 3 : 1
        place += quoteCount
        while place < text.count {
            if isEnd(quoteCount: quoteCount, hashCount: hashCount) {
                place += quoteCount + hashCount
                return
            }
            if quoteCount == 1 && byte() == UInt8(ascii: "\n") { return }
            if byte() == UInt8(ascii: "\\") && isEscape(hashCount: hashCount) {
                blank(1 + hashCount)
                if byte() == UInt8(ascii: "(") {
                    place += 1
                    scanCode(untilParenthesis: true)
                    place += 1
                } else {
                    blank()
                }
            } else {
                blank()
            }
        }
    }

    private func isEnd(quoteCount: Int, hashCount: Int) -> Bool {
        (0..<quoteCount).allSatisfy { byte($0) == UInt8(ascii: "\"") }
            && (0..<hashCount).allSatisfy { byte(quoteCount + $0) == UInt8(ascii: "#") }
    }

    private func isEscape(hashCount: Int) -> Bool { (0..<hashCount).allSatisfy { byte(1 + $0) == UInt8(ascii: "#") } }
}
