/// What a module offers to others at the top of a file says what it is, in a `///` comment.
enum DocumentationCheck {
    static func findings(in source: SwiftSource) -> [Finding] {
        source.words.indices.compactMap { index in
            let word = source.words[index]
            guard word.depth == 0, word.text == "package" || word.text == "public", index + 1 < source.words.count,
                source.words[index + 1].text != "import"
            else { return nil }
            let line = source.line(at: word.offset)
            if isDocumented(line: line, in: source) { return nil }
            return Finding(path: source.path, line: line, message: "\(signature(line, in: source)) has no /// comment")
        }
    }

    /// Looks upwards, over attributes.
    private static func isDocumented(line: Int, in source: SwiftSource) -> Bool {
        var above = line - 2
        while above >= 0 {
            let text = source.lines[above].drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            if !text.hasPrefix("@") { return false }
            above -= 1
        }
        return false
    }

    private static func signature(_ line: Int, in source: SwiftSource) -> Substring {
        source.lines[line - 1].prefix { $0 != "{" && $0 != "(" }
    }
}
