/// A taste segment of viewers, frozen for a viewer at the first exposure.
package struct SegmentID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
    package static func < (a: SegmentID, b: SegmentID) -> Bool { a.description < b.description }
}
