// hot path
package import Features

/// Conditional writes of one topic and partition, committed together; a key occurs at most once. Reused from batch to batch.
///
/// Every value begins with the 16 bytes of its own position (generation, offset; big-endian), which the next write of it will expect.
/// Markers follow the values they speak of: they go in a batch of their own, committed after the values' batch (DESIGN §6.6).
package struct WriteBatch: Sendable {
    struct Write: BitwiseCopyable, Sendable {
        /// Where the key begins in `bytes`; the value follows it.
        var start: Int
        var keyCount: Int
        var valueCount: Int
        var expected: Position?
        /// Of keys that stand in one slot of a cluster: those of a bucket, by its index, or behind the last of them those of the titles.
        var group: Int32
        /// A viewer's value: expiry. A title's value: its offset.
        var number: Int64
    }

    /// A viewer seen at a time.
    struct Activity: BitwiseCopyable, Sendable {
        var write: Int
        var at: Int64
    }

    let keys: PartitionKeys
    private(set) var bytes: [UInt8] = []
    private(set) var writes: [Write] = []
    /// Indices of plain values and markers by group.
    private(set) var membersByGroup: [[Int]]
    private(set) var activityByBucket: [[Activity]]
    private(set) var titles: [Int] = []
    private var markerCount = 0

    package init(keys: Keys, topic: String, partition: Int32) {
        self.keys = PartitionKeys(keys: keys, topic: topic, partition: partition)
        membersByGroup = Array(repeating: [], count: keys.bucketsPerPartition + 1)
        activityByBucket = Array(repeating: [], count: keys.bucketsPerPartition)
    }

    package var count: Int { writes.count }
    /// Bytes of keys and values held.
    package var byteCount: Int { bytes.count }

    /// A viewer's value. `expected`: the position of the stored value, nil where none may be there. `expiresAt`: milliseconds since 1970, 0
    /// for never.
    /// `activeAt`: event time at which the viewer was active, for the index of recently active ones; 0 leaves the index alone,
    /// -1 takes the viewer out of it.
    package mutating func appendUser(
        _ bucket: Bucket, _ user: UnsafeRawBufferPointer, expected: Position?, value: UnsafeRawBufferPointer, expiresAt: Int64,
        activeAt: Int64 = 0
    ) {
        let group = keys.index(bucket)
        membersByGroup[group].append(writes.count)
        if activeAt != 0 { activityByBucket[group].append(Activity(write: writes.count, at: activeAt)) }
        append(keys.userPrefixes[group], user, group: group, expected, value, expiresAt)
    }

    /// A title's value, whose new applied offset is `offset`.
    package mutating func appendTitle(
        _ title: UnsafeRawBufferPointer, expected: Position?, value: UnsafeRawBufferPointer, offset: Int64
    ) {
        titles.append(writes.count)
        append(keys.titlePrefix, title, group: membersByGroup.count - 1, expected, value, offset)
    }

    package mutating func appendMarker(_ bucket: Bucket, expected: Position?, value: UnsafeRawBufferPointer) {
        appendMarker(keys.markers[keys.index(bucket)], group: keys.index(bucket), expected, value)
    }

    package mutating func appendTitleMarker(expected: Position?, value: UnsafeRawBufferPointer) {
        appendMarker(keys.titleMarker, group: membersByGroup.count - 1, expected, value)
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        writes.removeAll(keepingCapacity: true)
        for group in membersByGroup.indices { membersByGroup[group].removeAll(keepingCapacity: true) }
        for bucket in activityByBucket.indices { activityByBucket[bucket].removeAll(keepingCapacity: true) }
        titles.removeAll(keepingCapacity: true)
        markerCount = 0
    }

    /// True for a title's value, whose number is not an expiry.
    func isTitle(_ write: Write) -> Bool { markerCount == 0 && Int(write.group) == membersByGroup.count - 1 }

    /// True where markers and values are mixed, which would let a marker overtake a value.
    var isMixed: Bool { markerCount != 0 && markerCount != writes.count }

    private mutating func appendMarker(_ key: [UInt8], group: Int, _ expected: Position?, _ value: UnsafeRawBufferPointer) {
        membersByGroup[group].append(writes.count)
        markerCount += 1
        append(key, UnsafeRawBufferPointer(start: nil, count: 0), group: group, expected, value, 0)
    }

    private mutating func append(
        _ prefix: [UInt8], _ rest: UnsafeRawBufferPointer, group: Int, _ expected: Position?, _ value: UnsafeRawBufferPointer,
        _ number: Int64
    ) {
        precondition(value.count >= 16, "a value begins with the 16 bytes of its position")
        writes.append(
            Write(
                start: bytes.count, keyCount: prefix.count + rest.count, valueCount: value.count, expected: expected, group: Int32(group),
                number: number))
        bytes.append(contentsOf: prefix)
        bytes.append(contentsOf: rest)
        bytes.append(contentsOf: value)
    }
}
