import Testing

/// Each check finds what it is made for, and lets pass what only looks like it.
@Suite struct CheckTests {
    private func source(_ text: String, path: String = "Sources/Home/A.swift") -> SwiftSource { SwiftSource(path: path, text: text) }

    private func lines(_ count: Int) -> String { String(repeating: "    x += 1\n", count: count) }

    @Test func longFileIsFoundAndFullOneIsNot() {
        #expect(SizeCheck.findings(in: source(lines(400))).isEmpty)
        #expect(SizeCheck.findings(in: source(lines(401))).map(\.line) == [1])
    }

    @Test func longFunctionIsFoundAndFullOneIsNot() {
        #expect(SizeCheck.findings(in: source("func f() {\n\(lines(68))}\n")).isEmpty)
        let findings = SizeCheck.findings(in: source("struct S {\n  func f(\n    a: Int = { 1 }()\n  ) -> [Int] {\n\(lines(68))  }\n}\n"))
        #expect(findings == [Finding(path: "Sources/Home/A.swift", line: 2, message: "f has 72 lines; a function stops at 70")])
    }

    @Test func functionsAreTakenForWhatTheyAre() {
        let text = """
            protocol P { func a() -> Int; init(x: Int); var b: Int { get } }
            struct S {
                var v: Int { 1 }
                init() { self.init(x: 1) }
                init?(x: Int) { let s = "}" }
                static func < (a: S, b: S) -> Bool { S.init(x: 2) == nil }
                subscript(i: Int) -> Int { i }
                deinit { }
            }
            """
        #expect(SizeCheck.functions(of: source(text)).map(\.line) == [4, 5, 6, 7, 8])
    }

    @Test func dearThingsAreFoundOnTheHotPathOnly() {
        let code = "let s = String(1)\nvar a: Any\nfunc f(_ p: any P, _ c: @escaping () -> Void) {}\nfinal class C {}\nimport Foundation\n"
        #expect(WordCheck.hotPathFindings(in: source("// hot path\n" + code)).map(\.line).sorted() == [2, 3, 4, 4, 5, 6])
        #expect(WordCheck.hotPathFindings(in: source(code)).isEmpty)
        let harmless = "// hot path\n// String( Any class \nlet many = AnySequenceOf(\"class \"); subclass (x); StaticString(1)\n"
        #expect(WordCheck.hotPathFindings(in: source(harmless)).isEmpty)
    }

    @Test func forcedTriesAndSleepsAreFoundInCode() {
        #expect(WordCheck.forcedTryFindings(in: source("let a = try! f()\n// try! g()\nlet b = try? f()")).map(\.line) == [1])
        #expect(
            WordCheck.sleepFindings(in: source("usleep(1)\n\"usleep\"\nThread.sleep(forTimeInterval: 1)")).map(\.line).sorted() == [1, 3])
    }

    @Test func unfinishedWorkIsFoundInComments() {
        let word = WordCheck.unfinishedWords[0]
        let found = WordCheck.textFindings(in: "a\n// \(word): b\n\(word)S", path: "p", words: [word], reason: "r")
        #expect(found == [Finding(path: "p", line: 2, message: "`\(word)`: r")])
    }

    @Test func importsAgainstTheArrowsAreFound() {
        #expect(ImportCheck.findings(in: source("package import Features\ninternal import Catalog\nimport struct Foundation.URL")).isEmpty)
        #expect(ImportCheck.findings(in: source("// import Service\nimport Jobs\n")).map(\.line) == [2])
        #expect(ImportCheck.findings(in: source("import NIOCore")).map(\.message) == ["Home is pure and may not import NIOCore"])
        #expect(ImportCheck.findings(in: source("import CDeflate")).count == 1)
        #expect(ImportCheck.findings(in: source("import Quality", path: "Sources/Jobs/A.swift")).isEmpty)
        #expect(ImportCheck.findings(in: source("import CDeflate\nimport Logging", path: "Sources/Service/A.swift")).count == 1)
        #expect(ImportCheck.findings(in: source("", path: "Sources/Attic/A.swift")).count == 1)
    }

    @Test func secondOwnerOfACLibraryIsFound() {
        let one = source("import CDeflate", path: "Sources/Avro/A.swift")
        let same = source("import CDeflate", path: "Sources/Avro/B.swift")
        let other = source("import CDeflate\nimport CryptoKit", path: "Sources/Events/A.swift")
        #expect(ImportCheck.sharedCLibraries(in: [one, same]).isEmpty)
        #expect(ImportCheck.sharedCLibraries(in: [one, same, other]).map(\.path) == ["Sources/Events/A.swift"])
    }

    @Test func unusedDeclarationsAreFound() {
        let used = source("package struct Used { var part: Part }\nstruct Part {}\nextension Part { func f() {} }\n")
        let user = source("@main struct Main { let a: Used }\n", path: "Sources/recs/Main.swift")
        #expect(DeadCodeCheck.findings(in: [used, user]).isEmpty)
        let dead = source(
            "package struct Dead { var part: Rest }\nstruct Rest {}\nfunc dead() { dead() }\n// Dead\n", path: "Sources/Home/B.swift")
        #expect(DeadCodeCheck.findings(in: [used, user, dead]).map(\.line) == [1, 2, 3])
    }

    @Test func unusedExtensionsAreFound() {
        let user = source("@main struct Main { let a = [1].middle }\n", path: "Sources/recs/Main.swift")
        let used = source(
            "extension Array { var middle: Int { 1 } }\nextension Int: @retroactive P {}\nextension Set { init(x: Int) {} }\n")
        let dead = source("extension Array { func other() {} }\n", path: "Sources/Home/B.swift")
        #expect(DeadCodeCheck.findings(in: [user, used, dead]).map(\.path) == ["Sources/Home/B.swift"])
    }

    @Test func undocumentedOffersAreFound() {
        let good = "package import Features\n/// A thing.\n@frozen\npackage struct A { package var b = 1 }\nstruct C {}\n"
        #expect(DocumentationCheck.findings(in: source(good)).isEmpty)
        #expect(
            DocumentationCheck.findings(in: source("// A thing.\npackage func f() {}\n")).map(\.message) == [
                "package func f has no /// comment"
            ])
    }

    @Test func scriptsThatCannotRunAreFound() {
        #expect(ScriptCheck.findings(path: "Scripts/a", text: "#!/bin/sh\n", isExecutable: true).isEmpty)
        #expect(ScriptCheck.findings(path: "Scripts/a", text: "#!/bin/sh\n", isExecutable: false).count == 1)
        #expect(ScriptCheck.findings(path: "Scripts/a", text: "echo\n", isExecutable: true).count == 1)
        #expect(ScriptCheck.findings(path: "Scripts/lib.sh", text: "echo\n", isExecutable: false).isEmpty)
    }
}
