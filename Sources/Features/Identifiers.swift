/// A viewer (or one profile of a household), as the app names them.
package struct UserID: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// A title of the catalogue.
package struct TitleID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// A picture that stands for a title.
package struct ArtworkID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// A thumbnail test.
package struct TestID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// A variant of a thumbnail test.
package struct VariantID: Hashable, Sendable, Codable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// A playback session.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// A genre, by its permanent number in the catalogue's genre list (1…254; numbers are never used again).
package struct GenreID: Hashable, Sendable, Comparable, BitwiseCopyable {
    package let raw: UInt8
    @inlinable package init(_ raw: UInt8) { self.raw = raw }
    @inlinable package static func < (a: GenreID, b: GenreID) -> Bool { a.raw < b.raw }
}

/// A region code of 1 to 8 bytes (`SEA`, `US-CA`), packed into a word, first byte highest; 0 means none.
package struct RegionID: Hashable, Sendable, BitwiseCopyable {
    package let raw: UInt64
    package static let none = RegionID(raw: 0)

    @inlinable package init(raw: UInt64) { self.raw = raw }

    /// Nil where the code is longer than eight bytes.
    @inlinable
    package init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= 8 else { return nil }
        var word: UInt64 = 0
        for byte in bytes { word = word << 8 | UInt64(byte) }
        raw = word << (8 * UInt64(8 - bytes.count))
    }

    package init?(_ text: String) {
        var text = text
        guard let found = text.withUTF8({ RegionID(bytes: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = found
    }

    package var text: String {
        withUnsafeBytes(of: raw.bigEndian) { bytes in
            String(decoding: UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0 }), as: UTF8.self)
        }
    }
}

/// A position on the log: which life of the topic, and where in the partition (DESIGN §6).
package struct Position: Hashable, Sendable, BitwiseCopyable {
    package var generation: UInt64
    package var offset: Int64
    /// Before the first record; the position of a value that no event has touched.
    package static let none = Position(generation: 0, offset: -1)

    @inlinable
    package init(generation: UInt64, offset: Int64) {
        self.generation = generation
        self.offset = offset
    }
}

/// A bucket: one Redis slot, tag `{p.s}` (DESIGN §6).
package struct Bucket: Hashable, Sendable, BitwiseCopyable {
    package var partition: Int32
    package var index: Int32

    @inlinable
    package init(partition: Int32, index: Int32) {
        self.partition = partition
        self.index = index
    }
}
