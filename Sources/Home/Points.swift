// hot path

/// Scores counted in 2^-28ths: whoever adds up the terms, in whatever order, finds the same sum, so rankings have no near ties that go by
/// rounding. A title and its points in one word: greater for more points and, where they are equal, for a lower index.
enum Points {
    private static let one = 268_435_456.0
    private static let titleBits: UInt64 = 24
    private static let titleMask: UInt64 = 1 << titleBits - 1
    private static let limit: Int64 = 1 << 39 - 1
    /// More than any sum of terms.
    static let unreached: Int64 = 1 << 60
    /// Titles that a key can tell apart.
    static let titleCountMax = 1 << 24

    /// To the nearest; terms beyond ±500 count as that.
    @inline(__always)
    static func of(_ value: Float) -> Int64 {
        let scaled = Double(min(max(value, -500), 500)) * one
        return Int64(scaled >= 0 ? scaled + 0.5 : scaled - 0.5)
    }

    static func score(_ points: Int64) -> Float { Float(Double(points) / one) }

    static func key(_ points: Int64, _ title: Int32) -> UInt64 {
        let shifted = UInt64(bitPattern: min(max(points, -limit), limit) + limit)
        return shifted << titleBits | (titleMask ^ UInt64(UInt32(bitPattern: title)))
    }

    static func title(ofKey key: UInt64) -> Int32 { Int32(truncatingIfNeeded: titleMask ^ (key & titleMask)) }

    static func points(ofKey key: UInt64) -> Int64 { Int64(key >> titleBits) - limit }

    /// From a title to the next of its list: how many points fewer that one has, and which it is.
    static func step(from key: UInt64, to next: UInt64) -> UInt64 {
        UInt64(points(ofKey: key) - points(ofKey: next)) << titleBits | (next & titleMask)
    }

    /// The key of the next title of a list, whatever is added to the points of all its titles.
    static func key(_ key: UInt64, after step: UInt64) -> UInt64 {
        let (points, isTooLow) = (key & ~titleMask).subtractingReportingOverflow(step & ~titleMask)
        return (isTooLow ? 0 : points) | step & titleMask
    }
}
