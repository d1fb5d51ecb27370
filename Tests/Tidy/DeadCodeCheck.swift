/// Nothing at the top of a file of Sources is without a user in Sources: it is named in another file, or by something in its own file that
/// is alive. `@main` is alive by itself.
enum DeadCodeCheck {
    private static let keywords: Set<String> = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "func", "let", "var", "extension",
    ]
    private static let members: Set<String> = ["func", "var", "let", "case", "struct", "enum"]

    /// Something declared at the top of a file.
    struct Declaration {
        var keyword: String
        var name: String
        var line: Int
        var range: Range<Int>
        var isMain: Bool
    }

    static func findings(in sources: [SwiftSource]) -> [Finding] {
        var files: [String: Set<Int>] = [:]
        for (index, source) in sources.enumerated() {
            for word in source.words { files[word.text, default: []].insert(index) }
        }
        return sources.indices.flatMap { index in
            findings(in: sources[index]) { name in files[name, default: []].contains { $0 != index } }
        }
    }

    /// `isUsedElsewhere` tells whether another file names it.
    private static func findings(in source: SwiftSource, isUsedElsewhere: (String) -> Bool) -> [Finding] {
        let all = declarations(of: source)
        let declared = Set(all.filter { $0.keyword != "extension" }.map(\.name))
        var alive = all.map { declaration in
            if declaration.isMain || !isIdentifier(declaration.name) { return true }
            if declaration.keyword == "extension" && !declared.contains(declaration.name) {
                return isUsed(extension: declaration, of: source, isUsedElsewhere)
            }
            return isUsedElsewhere(declaration.name)
        }
        var grew = true
        while grew {
            grew = false
            for index in all.indices where !alive[index] {
                let isNamed = all.indices.contains { other in
                    other != index && alive[other] && names(all[other], all[index].name, in: source)
                }
                let isPartOfAlive = all.indices.contains { alive[$0] && all[$0].name == all[index].name }
                if isNamed || isPartOfAlive {
                    alive[index] = true
                    grew = true
                }
            }
        }
        return all.indices.filter { !alive[$0] }.map {
            Finding(path: source.path, line: all[$0].line, message: "\(all[$0].keyword) \(all[$0].name) is used nowhere in Sources")
        }
    }

    /// An extension of a type from elsewhere is alive where it conforms to something, or one of its members is named in another file.
    private static func isUsed(extension declaration: Declaration, of source: SwiftSource, _ isUsedElsewhere: (String) -> Bool) -> Bool {
        let header = source.code[declaration.range].prefix { $0 != UInt8(ascii: "{") }
        if header.contains(UInt8(ascii: ":")) { return true }
        let words = source.words.filter { declaration.range.contains($0.offset) }
        return words.indices.dropLast().contains { index in
            if words[index].text == "init" || words[index].text == "subscript" { return true }
            return members.contains(words[index].text) && (isUsedElsewhere(words[index + 1].text) || !isNamed(words[index], in: source))
        }
    }

    /// False for an operator's declaration, which has no name to look for.
    private static func isNamed(_ keyword: SwiftSource.Word, in source: SwiftSource) -> Bool {
        SwiftSource.isWordByte(source.byteAfter(keyword.offset + keyword.text.utf8.count))
    }

    private static func names(_ declaration: Declaration, _ name: String, in source: SwiftSource) -> Bool {
        source.words.contains { $0.text == name && declaration.range.contains($0.offset) }
    }

    static func declarations(of source: SwiftSource) -> [Declaration] {
        let heads = source.words.indices.filter { isHead($0, in: source) }
        return heads.enumerated().map { place, index in
            let start = source.words[index].offset
            let end = place + 1 < heads.count ? source.words[heads[place + 1]].offset : source.code.count
            let before = place > 0 ? source.words[heads[place - 1]].offset : 0
            let isMain = source.words[..<index].contains {
                $0.text == "main" && $0.depth == 0 && $0.offset > before && source.byteBefore($0.offset) == UInt8(ascii: "@")
            }
            let hasName = isNamed(source.words[index], in: source) && index + 1 < source.words.count
            return Declaration(
                keyword: source.words[index].text, name: hasName ? source.words[index + 1].text : "", line: source.line(at: start),
                range: start..<end, isMain: isMain)
        }
    }

    private static func isHead(_ index: Int, in source: SwiftSource) -> Bool {
        let word = source.words[index]
        guard word.depth == 0, keywords.contains(word.text) else { return false }
        let before = source.byteBefore(word.offset)
        if before == UInt8(ascii: ".") || before == UInt8(ascii: ":") || before == UInt8(ascii: ",") { return false }
        // `import struct Foundation.URL` declares nothing.
        return index == 0 || source.words[index - 1].text != "import"
    }

    private static func isIdentifier(_ name: String) -> Bool { !name.isEmpty && name != "_" }
}
