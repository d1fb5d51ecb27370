// hot path

/// Scores counted in 2^-28ths: whoever adds up the terms, in whatever order, finds the same sum, so rankings have no near ties that go by
/// rounding. A title and its points in one word: greater for more points and, where they are equal, for a lower index.
enum Points {
    private static let one = 0x1p28
    /// From 2^52 on a Double has no digits behind the point: the lowest bits of a sum with this are the nearest whole number, of either sign.
    private static let rounding = 0x1.8p52
    private static let titleBits: UInt64 = 23
    private static let titleMask: UInt64 = 1 << titleBits - 1
    /// Below the points: the title, and a bit for titles of a list.
    private static let lowBits = titleBits + 1
    /// More than any sum of terms, or less by its sign: 15 terms of 128 are 15 · 2^35, and a score has no more.
    static let limit: Int64 = 1 << 39 - 1
    /// Titles that a key can tell apart.
    static let titleCountMax = 1 << 23

    /// To the nearest, the even one of two; terms beyond ±128 count as that.
    @inline(__always)
    static func of(_ value: Float) -> Int64 {
        assert(!value.isNaN, "a term is a number")
        let scaled = Double(min(max(value, -128), 128)) * one
        return Int64(bitPattern: (scaled + rounding).bitPattern &- rounding.bitPattern)
    }

    static func score(_ points: Int64) -> Float { Float(Double(points) / one) }

    /// The key of a title that stands alone; points are within ±`limit`.
    @inline(__always)
    static func key(_ points: Int64, _ title: Int32) -> UInt64 {
        UInt64(bitPattern: points &+ limit) << lowBits | (titleMask ^ UInt64(UInt32(bitPattern: title))) << 1
    }

    /// The key of a title of a list, in which another may come after it.
    static func listKey(_ points: Int64, _ title: Int32) -> UInt64 { key(points, title) | 1 }

    @inline(__always)
    static func isOfList(_ key: UInt64) -> Bool { key & 1 != 0 }

    @inline(__always)
    static func title(ofKey key: UInt64) -> Int32 { Int32(truncatingIfNeeded: ~(key >> 1) & titleMask) }

    @inline(__always)
    static func points(ofKey key: UInt64) -> Int64 { Int64(key >> lowBits) &- limit }

    /// The key of the same title with so many points more.
    @inline(__always)
    static func key(_ key: UInt64, adding points: Int64) -> UInt64 { key &+ UInt64(bitPattern: points) << lowBits }
}
