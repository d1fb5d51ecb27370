import Events
import Foundation
import TestSupport
import Testing

/// The checks that look at eight bytes at a time, against Foundation and the standard library.
@Suite struct TextCheckTests {
    @Test func aUUIDIsReadAsFoundationReadsIt() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<20_000 {
            var bytes = Array(UUID().uuidString.utf8)
            if Bool.random(using: &random) { bytes = Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8) }
            let id = bytes.withUnsafeBytes { EventID(text: $0) }
            let expected = UUID(uuidString: String(decoding: bytes, as: UTF8.self))
            #expect(id?.text == expected?.uuidString.lowercased(), "\(bytes)")
        }
    }

    @Test func everyByteInEveryPlaceOfAUUIDIsJudged() {
        for place in 0..<36 {
            for byte in UInt8.min...UInt8.max {
                var bytes = Array("01234567-89ab-cdef-ABCD-EF0123456789".utf8)
                bytes[place] = byte
                let isHyphen = [8, 13, 18, 23].contains(place)
                let isRight = isHyphen ? byte == UInt8(ascii: "-") : Unicode.Scalar(byte).properties.isASCIIHexDigit
                #expect((bytes.withUnsafeBytes { EventID(text: $0) } != nil) == isRight)
            }
        }
    }

    @Test func utf8IsJudgedAsTheStandardLibraryDoes() {
        var random = SplitMix64(seed: 9)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0x20...0x7e, using: &random) }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                bytes.insert(
                    contentsOf: Array("é🎬\u{7f}".utf8.shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random))), at: place)
            }
            let isValid = bytes.withUnsafeBytes { $0.baseAddress.map { UTF8Text.isValid($0, 0, bytes.count) } ?? true }
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
