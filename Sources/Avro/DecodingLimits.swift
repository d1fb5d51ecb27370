/// How much one datum may ask of us: hostile bytes of a few characters can claim billions of empty items or nest without end.
package struct DecodingLimits: Sendable, Hashable {
    /// Levels of arrays, maps, unions and records inside each other.
    package var depthMax: Int
    /// Values of one datum, all levels together.
    package var valueCountMax: Int

    package init(depthMax: Int = 200, valueCountMax: Int = 1_000_000) {
        self.depthMax = depthMax
        self.valueCountMax = valueCountMax
    }

    /// 200 levels, a million values.
    package static let standard = DecodingLimits()
}
