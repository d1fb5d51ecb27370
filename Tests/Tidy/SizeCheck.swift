/// Files stop at 400 lines, functions at 70.
enum SizeCheck {
    static let fileLineCountMax = 400
    static let functionLineCountMax = 70
    private static let declarations: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "class", "enum", "actor", "protocol", "extension",
        "associatedtype", "typealias", "import",
    ]

    /// A function, initialiser or subscript with its body.
    struct Function: Equatable {
        var name: String
        var line: Int
        var lineCount: Int
    }

    static func findings(in source: SwiftSource) -> [Finding] {
        var findings: [Finding] = []
        if source.lineCount > fileLineCountMax {
            findings.append(Finding(path: source.path, line: 1, message: "\(source.lineCount) lines; a file stops at \(fileLineCountMax)"))
        }
        for function in functions(of: source) where function.lineCount > functionLineCountMax {
            findings.append(
                Finding(
                    path: source.path, line: function.line,
                    message: "\(function.name) has \(function.lineCount) lines; a function stops at \(functionLineCountMax)"))
        }
        return findings
    }

    static func functions(of source: SwiftSource) -> [Function] {
        source.words.indices.compactMap { index in
            let word = source.words[index]
            guard isFunction(word, in: source), let body = body(after: index, in: source) else { return nil }
            let name = word.text == "func" && index + 1 < source.words.count ? source.words[index + 1].text : word.text
            let first = source.line(at: word.offset)
            return Function(name: name, line: first, lineCount: source.line(at: body.upperBound - 1) - first + 1)
        }
    }

    private static func isFunction(_ word: SwiftSource.Word, in source: SwiftSource) -> Bool {
        let next = source.byteAfter(word.offset + word.text.utf8.count)
        if source.byteBefore(word.offset) == UInt8(ascii: ".") { return false }
        switch word.text {
        case "func": return true
        case "deinit": return next == UInt8(ascii: "{")
        case "subscript": return next == UInt8(ascii: "(") || next == UInt8(ascii: "<")
        case "init": return [UInt8(ascii: "("), UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: "<")].contains(next)
        default: return false
        }
    }

    /// The braces of the declaration that begins at the word; nil for a requirement of a protocol.
    private static func body(after index: Int, in source: SwiftSource) -> Range<Int>? {
        let start = source.words[index]
        let end =
            source.words[(index + 1)...].first { $0.depth <= start.depth && declarations.contains($0.text) }?.offset ?? source.code.count
        var nesting = 0
        for offset in start.offset..<source.code.count {
            switch source.code[offset] {
            case UInt8(ascii: "("), UInt8(ascii: "["): nesting += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): nesting -= 1
            case UInt8(ascii: "{") where nesting == 0: return offset < end ? offset..<closing(of: offset, in: source.code) : nil
            case UInt8(ascii: "}") where nesting == 0: return nil
            default: break
            }
        }
        return nil
    }

    /// The place after the brace that closes the one at `offset`.
    static func closing(of offset: Int, in code: [UInt8]) -> Int {
        var depth = 0
        for place in offset..<code.count {
            if code[place] == UInt8(ascii: "{") { depth += 1 }
            if code[place] == UInt8(ascii: "}") { depth -= 1 }
            if depth == 0 { return place + 1 }
        }
        return code.count
    }
}
