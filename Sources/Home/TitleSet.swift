// hot path

/// A set of titles, a bit each: small enough to stay near while titles are looked up in no order.
struct TitleSet: Sendable {
    private var words: [UInt64]

    init(titleCount: Int) { words = [UInt64](repeating: 0, count: titleCount / 64 + 1) }

    @inline(__always)
    func contains(_ title: Int) -> Bool { Self.holds(title, words[title >> 6]) }

    @inline(__always)
    private static func holds(_ title: Int, _ word: UInt64) -> Bool { word & 1 << UInt64(title & 63) != 0 }

    /// The set as loops read it that ask of many titles, without checks of bounds; valid within the closure that it is lent to.
    struct Members {
        fileprivate let words: UnsafePointer<UInt64>

        @inline(__always)
        func contains(_ title: Int) -> Bool { TitleSet.holds(title, words[title >> 6]) }
    }

    func withMembers<R>(_ body: (Members) -> R) -> R {
        words.withUnsafeBufferPointer { words in
            guard let base = words.baseAddress else { preconditionFailure("a set has words") }
            return body(Members(words: base))
        }
    }

    mutating func insert(_ title: Int) { words[title >> 6] |= 1 << UInt64(title & 63) }
}
