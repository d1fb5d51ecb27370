// hot path
package import Events

/// Tells bots and test traffic by how the ids of user and device begin.
package struct TrafficFilter: Sendable {
    /// A beginning: its first eight bytes as a word, and where the rest of it stands.
    private struct Prefix: BitwiseCopyable {
        var word: UInt64
        var mask: UInt64
        var count: Int
        /// Where all of it stands in `texts`.
        var start: Int
    }

    private let prefixes: [Prefix]
    private let texts: [UInt8]

    /// An empty prefix is left out: it would match everybody.
    package init(prefixes: [String]) {
        var texts: [UInt8] = []
        self.prefixes = prefixes.filter { !$0.isEmpty }.map { text in
            let bytes = Array(text.utf8)
            var word: UInt64 = 0
            var mask: UInt64 = 0
            for (place, byte) in bytes.prefix(8).enumerated() {
                word |= UInt64(byte) << (8 * UInt64(place))
                mask |= 0xff << (8 * UInt64(place))
            }
            defer { texts += bytes }
            return Prefix(word: word, mask: mask, count: bytes.count, start: texts.count)
        }
        self.texts = texts
    }

    package func matches(_ event: Event, bytes: UnsafeRawBufferPointer) -> Bool {
        matches(event.user, bytes) || matches(event.device, bytes)
    }

    @inline(__always)
    private func matches(_ slice: Slice, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let word = beginning(of: slice, bytes)
        return prefixes.withUnsafeBufferPointer { prefixes in
            for prefix in prefixes where word & prefix.mask == prefix.word && slice.count >= UInt32(prefix.count) {
                if prefix.count <= 8 || goesOn(slice, as: prefix, bytes) { return true }
            }
            return false
        }
    }

    /// The first eight bytes of a text, those that it does not have as 0.
    @inline(__always)
    private func beginning(of slice: Slice, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let range = slice.range
        if range.count >= 8 { return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)) }
        var word: UInt64 = 0
        for place in 0..<range.count { word |= UInt64(bytes[range.lowerBound + place]) << (8 * UInt64(place)) }
        return word
    }

    private func goesOn(_ slice: Slice, as prefix: Prefix, _ bytes: UnsafeRawBufferPointer) -> Bool {
        for place in 8..<prefix.count where bytes[slice.range.lowerBound + place] != texts[prefix.start + place] { return false }
        return true
    }
}
