import Features
import TestSupport
import Testing

@Suite struct NameTableTests {
    @Test func namesAreEqualWhereTextsAre() {
        var random = SplitMix64(seed: 3)
        var names = NameTable(capacity: 4)
        var model: [String: Name] = ["": .none]
        for _ in 0..<5000 {
            let text = String((0..<Int.random(in: 0...3, using: &random)).map { _ in "abcdé🎬xyz".randomElement(using: &random)! })
            let name = names.intern(text)
            #expect(model[text] == nil || model[text] == name)
            model[text] = name
        }
        #expect(Set(model.values).count == model.count)
        for (text, name) in model { #expect(names.text(name) == text) }
        #expect(names.count == model.count - 1)
    }

    @Test func anUnknownTextIsNotFound() {
        var names = NameTable()
        let known = names.intern("known")
        let found = "known".utf8CString.withUnsafeBytes { names.find(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
        let missing = "unknown".utf8CString.withUnsafeBytes { names.find(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
        #expect(found == known)
        #expect(missing == nil)
    }
}
