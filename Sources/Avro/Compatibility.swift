/// Whether versions of a schema can live side by side, by the rules of resolution and the levels of Confluent's schema registry.
package enum Compatibility {
    /// Which versions a new one is checked against, and in which direction.
    package enum Level: String, Sendable, Hashable, CaseIterable {
        case none = "NONE"
        /// The new version reads what the last one wrote.
        case backward = "BACKWARD"
        case backwardTransitive = "BACKWARD_TRANSITIVE"
        /// The last version reads what the new one writes.
        case forward = "FORWARD"
        case forwardTransitive = "FORWARD_TRANSITIVE"
        /// Both.
        case full = "FULL"
        case fullTransitive = "FULL_TRANSITIVE"

        var isBackward: Bool { self == .backward || self == .backwardTransitive || self == .full || self == .fullTransitive }
        var isForward: Bool { self == .forward || self == .forwardTransitive || self == .full || self == .fullTransitive }
        var isTransitive: Bool { self == .backwardTransitive || self == .forwardTransitive || self == .fullTransitive }
    }

    /// Everything that `writer` can write and `reader` cannot read; empty if there is nothing.
    package static func problems(reader: ParsedSchema, writer: ParsedSchema) -> [Incompatibility] {
        ResolutionPlanner.plan(writer: writer, reader: reader).problems()
    }

    /// What stands against adding `candidate` to `versions` (oldest first) at a level; empty if nothing does. The messages name the
    /// version, counted from 1.
    package static func problems(adding candidate: ParsedSchema, to versions: [ParsedSchema], level: Level) -> [Incompatibility] {
        let first = level.isTransitive ? 0 : max(0, versions.count - 1)
        var result: [Incompatibility] = []
        for (index, version) in versions.enumerated().dropFirst(first) {
            if level.isBackward {
                result += problems(reader: candidate, writer: version).map { $0.prefixed("cannot read version \(index + 1): ") }
            }
            if level.isForward {
                result += problems(reader: version, writer: candidate).map { $0.prefixed("cannot be read by version \(index + 1): ") }
            }
        }
        return result
    }
}

extension Incompatibility {
    fileprivate func prefixed(_ words: String) -> Incompatibility { Incompatibility(path: path, message: words + message) }
}
