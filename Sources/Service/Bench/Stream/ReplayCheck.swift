import EventLog
import Events
import FeatureStore
import Features

/// Holds all that a replay has built against what the live stream has built of the same events: each viewer's and title's value, both ways.
struct ReplayCheck {
    private let scene: StreamScene
    private let connection: StoreConnection
    private let expected: LiveKeys
    /// Values compared.
    private(set) var count = 0

    /// Reads what the stream has built, which must have come to its end.
    init(_ scene: StreamScene) throws {
        self.scene = scene
        connection = try StoreConnection(scene.redis.address)
        expected = try LiveKeys(connection, scene.parts.keys)
    }

    /// What is wrong with a replay's namespace, a few words of each; the namespace is dropped, so that the next has as much room.
    mutating func faults(of namespace: String) throws -> [String] {
        let keys = Keys(namespace: namespace, bucketsPerPartition: scene.parts.keys.bucketsPerPartition)
        let found = try LiveKeys(connection, keys)
        var faults: [String] = []
        count = 0
        for topic in Topic.allCases where topic.hasJob {
            let comparison = ValueComparison(topic: topic, catalog: scene.parts.catalogs.current)
            let (of, by) = (expected.keys[topic] ?? .init(), found.keys[topic] ?? .init())
            let subjects = of.users.map { ("user \($0.user)", $0.key, true) } + of.titles.map { ("title \($0.title)", $0.key, false) }
            let replayed = subjects.map { keys.namespacePrefix + $0.1[scene.parts.keys.namespacePrefix.count...] }
            for key in Set(by.users.map(\.key) + by.titles.map(\.key)).subtracting(replayed) {
                faults.append("\(namespace): \(String(decoding: key, as: UTF8.self)) is a key that the stream has not made")
            }
            for (subject, (live, value)) in zip(subjects, zip(try connection.values(subjects.map(\.1)), try connection.values(replayed))) {
                let lines =
                    subject.2
                    ? try comparison.user(expected: live, found: value) : try comparison.title(expected: live, found: value)
                if let line = lines.first { faults.append("\(namespace): \(topic.name), \(subject.0): \(line)") }
                count += 1
            }
        }
        if count == 0 { faults.append("\(namespace): there is nothing to compare") }
        try connection.dropNamespace(keys)
        return faults
    }
}
