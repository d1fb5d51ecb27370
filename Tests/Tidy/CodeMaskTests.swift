import Testing

@Suite struct CodeMaskTests {
    private func code(_ text: String) -> String { String(decoding: CodeMask.code(of: text.utf8), as: UTF8.self) }

    @Test func commentsAreBlankAndLinesStay() {
        #expect(code("a // b {\nc") == "a       \nc")
        #expect(code("a /* { /* } */ \n { */ b") == "a" + String(repeating: " ", count: 14) + "\n" + String(repeating: " ", count: 6) + "b")
    }

    @Test(arguments: [
        (#"let a = "{ // x" }"#, #"let a = "      " }"#),
        (#"let a = "\"{" }"#, #"let a = "   " }"#),
        (##"let a = #"\" { "# }"##, ##"let a = #"     "# }"##),
        (#"let a = "x\(f("{") + b)y" }"#, #"let a = "  (f(" ") + b) " }"#),
        (##"let a = #"\(x) \#(y) "# }"##, ##"let a = #"       (y) "# }"##),
        ("let a = \"\"\"\n  { \"quoted\"\n  \"\"\" }", "let a = \"\"\"\n            \n  \"\"\" }"),
        ("let a = #/\"{/# }", "let a =        }"),
    ]) func stringsAreBlankAndInterpolationIsCode(text: String, expected: String) {
        #expect(code(text) == expected)
    }

    @Test func unfinishedTextEnds() {
        #expect(code("let a = \"{\n}") == "let a = \" \n}")
        #expect(code("/* {") == "    ")
        #expect(code("\"\"\"\n{") == "\"\"\"\n ")
        #expect(code("\"\\(a") == "\" (a")
    }
}
