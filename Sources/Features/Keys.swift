// hot path

/// Names of everything in the feature store: a namespace prefix and a slot tag in braces, so that what belongs together stays together.
///
/// | key | holds |
/// |---|---|
/// | `recs:main:{3.1}:play:u:u-42` | a viewer's value for a topic, in bucket 1 of partition 3 |
/// | `recs:main:{3.1}:play:marker` | how far the topic's job is in the bucket |
/// | `recs:main:{3.1}:active` | sorted set: recently active viewers of the bucket by event time |
/// | `recs:main:{3.t}:play:title:heat` | what partition 3 of a topic contributes to a title |
/// | `recs:main:{3.t}:play:changed` | sorted set: titles by the offset that last changed them |
/// | `recs:main:{3.t}:play:marker` | how far the topic's job is with the titles |
/// | `recs:{s:abc}:signals` | stream: quality signals of a playback session, found by the session alone: no namespace, as only one emits |
/// | `recs:namespaces` | set: the namespaces that have keys |
/// | `recs:registry` | hash: which namespace serves, the state of each, where one took over from another |
///
/// Viewers, titles and sessions are whatever bytes the app chose: they come last, or between fixed texts, so that no two keys coincide.
package struct Keys: Sendable, Hashable {
    package static let namespaceBytesMax = 32
    /// The set of all namespaces in use.
    package static let namespaces: [UInt8] = Array("recs:namespaces".utf8)
    /// The hash with the state of each namespace.
    package static let registry: [UInt8] = Array("recs:registry".utf8)

    package let namespace: String
    package let bucketsPerPartition: Int
    private let prefix: [UInt8]

    /// `namespace` must be valid (`isValid`); `bucketsPerPartition` is fixed for the life of the namespace.
    package init(namespace: String, bucketsPerPartition: Int = 4) {
        precondition(Keys.isValid(namespace: namespace), "a namespace is 1 to 32 of a-z, 0-9, '-' and '_'")
        precondition((1...256).contains(bucketsPerPartition), "a partition has 1 to 256 buckets")
        self.namespace = namespace
        self.bucketsPerPartition = bucketsPerPartition
        prefix = Array("recs:".utf8) + Array(namespace.utf8) + Array(":".utf8)
    }

    /// True for 1 to 32 of a–z, 0–9, `-` and `_`.
    package static func isValid(namespace: String) -> Bool {
        let bytes = namespace.utf8
        return (1...namespaceBytesMax).contains(bytes.count)
            && bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
    }

    /// What every key of the namespace begins with.
    package var namespacePrefix: [UInt8] { prefix }

    /// The viewer's bucket: FNV-1a (32 bits) of the id, modulo the buckets of a partition.
    package func bucket(user: UnsafeRawBufferPointer, partition: Int32) -> Bucket {
        let hash = Keys.fnv1a(user)
        return Bucket(partition: partition, index: Int32(truncatingIfNeeded: Int(hash) % bucketsPerPartition))
    }

    package func bucket(user: UserID, partition: Int32) -> Bucket {
        var text = user.description
        return text.withUTF8 { bucket(user: UnsafeRawBufferPointer($0), partition: partition) }
    }

    /// FNV-1a, 32 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
    package static func fnv1a(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }

    /// What the keys of a topic's viewers in a bucket begin with; the viewer's id follows.
    package func userPrefix(topic: String, bucket: Bucket) -> [UInt8] {
        var key: [UInt8] = []
        appendUserPrefix(topic: topic, bucket: bucket, to: &key)
        return key
    }

    package func user(topic: String, bucket: Bucket, user: UnsafeRawBufferPointer) -> [UInt8] {
        var key: [UInt8] = []
        appendUser(topic: topic, bucket: bucket, user: user, to: &key)
        return key
    }

    package func user(topic: String, bucket: Bucket, user: UserID) -> [UInt8] {
        userPrefix(topic: topic, bucket: bucket) + Array(user.description.utf8)
    }

    /// Appends the key of a viewer's value; no allocation where `key` has the capacity.
    package func appendUser(topic: String, bucket: Bucket, user: UnsafeRawBufferPointer, to key: inout [UInt8]) {
        appendUserPrefix(topic: topic, bucket: bucket, to: &key)
        key.append(contentsOf: user)
    }

    package func marker(topic: String, bucket: Bucket) -> [UInt8] {
        var key: [UInt8] = []
        appendTag(bucket, to: &key)
        key.append(contentsOf: topic.utf8)
        Keys.append(":marker", to: &key)
        return key
    }

    package func active(bucket: Bucket) -> [UInt8] {
        var key: [UInt8] = []
        appendTag(bucket, to: &key)
        Keys.append("active", to: &key)
        return key
    }

    /// What the keys of a topic's title values begin with; the title's id follows.
    package func titlePrefix(topic: String, partition: Int32) -> [UInt8] { titleKey("title:", topic: topic, partition: partition) }

    package func title(topic: String, partition: Int32, title: TitleID) -> [UInt8] {
        titlePrefix(topic: topic, partition: partition) + Array(title.description.utf8)
    }

    /// The index of changed titles: title ids by the offset that last changed them.
    package func changedTitles(topic: String, partition: Int32) -> [UInt8] { titleKey("changed", topic: topic, partition: partition) }

    package func titleMarker(topic: String, partition: Int32) -> [UInt8] { titleKey("marker", topic: topic, partition: partition) }

    /// The stream of a playback session's signals: a slot of its own, because who listens knows only the session.
    package func signals(session: SessionID) -> [UInt8] {
        var text = session.description
        var key: [UInt8] = []
        text.withUTF8 { appendSignals(session: UnsafeRawBufferPointer($0), to: &key) }
        return key
    }

    package func appendSignals(session: UnsafeRawBufferPointer, to key: inout [UInt8]) {
        Keys.append("recs:{s:", to: &key)
        key.append(contentsOf: session)
        Keys.append("}:signals", to: &key)
    }

    private func appendUserPrefix(topic: String, bucket: Bucket, to key: inout [UInt8]) {
        appendTag(bucket, to: &key)
        key.append(contentsOf: topic.utf8)
        Keys.append(":u:", to: &key)
    }

    private func titleKey(_ last: StaticString, topic: String, partition: Int32) -> [UInt8] {
        var key = prefix
        Keys.append("{", to: &key)
        Keys.append(partition, to: &key)
        Keys.append(".t}:", to: &key)
        key.append(contentsOf: topic.utf8)
        Keys.append(":", to: &key)
        Keys.append(last, to: &key)
        return key
    }

    private func appendTag(_ bucket: Bucket, to key: inout [UInt8]) {
        key.append(contentsOf: prefix)
        Keys.append("{", to: &key)
        Keys.append(bucket.partition, to: &key)
        Keys.append(".", to: &key)
        Keys.append(bucket.index, to: &key)
        Keys.append("}:", to: &key)
    }

    private static func append(_ text: StaticString, to key: inout [UInt8]) {
        text.withUTF8Buffer { key.append(contentsOf: $0) }
    }

    private static func append(_ number: Int32, to key: inout [UInt8]) {
        precondition(number >= 0, "partitions and buckets count from 0")
        var divisor: Int32 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            key.append(48 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
