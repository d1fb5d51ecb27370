import Testing

/// The code base checks itself: each test runs one check on all files. The checks' own tests stand beside, with examples.
@Suite struct CodeBaseTests {
    @Test func checkoutIsFound() {
        #expect(Checkout.productSources.count > 10)
        #expect(Checkout.topFiles.contains("Package.swift"))
    }

    @Test func filesAndFunctionsAreShort() {
        let findings = Checkout.swiftSources.flatMap(SizeCheck.findings)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func hotPathFilesDoWithoutDearThings() {
        let findings = Checkout.productSources.flatMap(WordCheck.hotPathFindings)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func nobodyForcesTry() {
        let findings = Checkout.swiftSources.flatMap(WordCheck.forcedTryFindings)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func testsDoNotSleep() {
        let tests = Checkout.swiftSources.filter { $0.path.hasPrefix("Tests/") && !$0.path.hasPrefix("Tests/TestSupport/") }
        let findings = tests.flatMap(WordCheck.sleepFindings)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func nothingIsLeftUnfinishedOrTiedToOneMachine() {
        let paths = Checkout.paths(under: Checkout.folders) + Checkout.topFiles
        let findings = paths.flatMap { path -> [Finding] in
            guard let text = Checkout.text(path) else { return [] }
            return WordCheck.textFindings(in: text, path: path, words: WordCheck.unfinishedWords, reason: "finish it, or leave it out")
                + WordCheck.textFindings(in: text, path: path, words: WordCheck.placeWords, reason: "a place of one machine")
        }
        #expect(findings.isEmpty, report(findings))
    }

    @Test func importsFollowTheArrows() {
        let findings = Checkout.productSources.flatMap(ImportCheck.findings)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func eachCLibraryHasOneOwner() {
        let findings = ImportCheck.sharedCLibraries(in: Checkout.productSources)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func nothingIsDead() {
        let findings = DeadCodeCheck.findings(in: Checkout.productSources)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func whatIsOfferedIsDocumented() {
        let findings = Checkout.productSources.flatMap(DocumentationCheck.findings)
        #expect(findings.isEmpty, report(findings))
    }

    @Test func scriptsCanBeRun() {
        let findings = Checkout.paths(under: ["Scripts", ".ci"]).flatMap { path in
            ScriptCheck.findings(path: path, text: Checkout.text(path) ?? "", isExecutable: Checkout.isExecutable(path))
        }
        #expect(findings.isEmpty, report(findings))
    }

    private func report(_ findings: [Finding]) -> Comment {
        Comment(rawValue: findings.prefix(50).map(\.description).joined(separator: "\n"))
    }
}
