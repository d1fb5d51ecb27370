package import Events

/// The positions that a `POST /v1/events` reached: what a read that wants to see its own writes presents (DESIGN §7).
///
/// Text: `topic.partition.offset` joined by `-`, topics by number; opaque to clients.
package struct ReadToken: Sendable, Equatable {
    /// Newest offset by topic and partition.
    package private(set) var offsets: [Topic: [Int32: Int64]] = [:]
    package init() {}

    package mutating func add(topic: Topic, partition: Int32, offset: Int64) {
        offsets[topic, default: [:]][partition] = max(offset, offsets[topic]?[partition] ?? -1)
    }

    package var isEmpty: Bool { offsets.isEmpty }

    package var text: String {
        var parts: [String] = []
        for topic in Topic.allCases {
            for (partition, offset) in (offsets[topic] ?? [:]).sorted(by: { $0.key < $1.key }) {
                parts.append("\(topic.rawValue).\(partition).\(offset)")
            }
        }
        return parts.joined(separator: "-")
    }

    /// Nil where the text is not a token.
    package init?(text: String) {
        for part in text.split(separator: "-") {
            let numbers = part.split(separator: ".").compactMap { Int64($0) }
            guard numbers.count == 3, let topic = UInt8(exactly: numbers[0]).flatMap(Topic.init(rawValue:)),
                let partition = Int32(exactly: numbers[1]), numbers[2] >= 0
            else { return nil }
            add(topic: topic, partition: partition, offset: numbers[2])
        }
        if offsets.isEmpty { return nil }
    }
}
