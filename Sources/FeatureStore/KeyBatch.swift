// hot path
package import Features

/// Keys of one topic and partition to load together: values of viewers and titles, and markers. Reused from batch to batch.
package struct KeyBatch: Sendable {
    let keys: PartitionKeys
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Indices by group: the partition's buckets, then its titles.
    private(set) var membersByGroup: [[Int]]

    package init(keys: Keys, topic: String, partition: Int32) {
        self.keys = PartitionKeys(keys: keys, topic: topic, partition: partition)
        membersByGroup = Array(repeating: [], count: keys.bucketsPerPartition + 1)
    }

    package var count: Int { ends.count }

    package mutating func appendUser(_ bucket: Bucket, _ user: UnsafeRawBufferPointer) {
        append(keys.userPrefixes[keys.index(bucket)], user, group: keys.index(bucket))
    }

    package mutating func appendMarker(_ bucket: Bucket) { append(keys.markers[keys.index(bucket)], group: keys.index(bucket)) }

    package mutating func appendTitle(_ title: UnsafeRawBufferPointer) { append(keys.titlePrefix, title, group: membersByGroup.count - 1) }

    package mutating func appendTitleMarker() { append(keys.titleMarker, group: membersByGroup.count - 1) }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        for group in membersByGroup.indices { membersByGroup[group].removeAll(keepingCapacity: true) }
    }

    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    private mutating func append(
        _ prefix: [UInt8], _ rest: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), group: Int
    ) {
        membersByGroup[group].append(ends.count)
        bytes.append(contentsOf: prefix)
        bytes.append(contentsOf: rest)
        ends.append(bytes.count)
    }
}

/// The keys and key prefixes of one topic and partition, made once.
struct PartitionKeys: Sendable {
    let partition: Int32
    /// By bucket.
    let userPrefixes: [[UInt8]]
    let markers: [[UInt8]]
    let actives: [[UInt8]]
    let titlePrefix: [UInt8]
    let titleMarker: [UInt8]
    let changedTitles: [UInt8]
    /// Slots in a cluster: the buckets', then the titles'.
    let slots: [UInt16]

    init(keys: Keys, topic: String, partition: Int32) {
        let buckets = (0..<Int32(keys.bucketsPerPartition)).map { Bucket(partition: partition, index: $0) }
        self.partition = partition
        userPrefixes = buckets.map { keys.userPrefix(topic: topic, bucket: $0) }
        markers = buckets.map { keys.marker(topic: topic, bucket: $0) }
        actives = buckets.map { keys.active(bucket: $0) }
        titlePrefix = keys.titlePrefix(topic: topic, partition: partition)
        titleMarker = keys.titleMarker(topic: topic, partition: partition)
        changedTitles = keys.changedTitles(topic: topic, partition: partition)
        slots = (markers + [titleMarker]).map { StoreRoute.slot(of: $0) }
    }

    func index(_ bucket: Bucket) -> Int {
        precondition(bucket.partition == partition, "a batch holds keys of one partition")
        return Int(bucket.index)
    }
}

/// What `load` found, in the order of the keys; one buffer, reused.
package struct LoadedValues: Sendable {
    private var bytes: [UInt8] = []
    private var places: [Place] = []

    private struct Place: BitwiseCopyable, Sendable {
        var start: Int
        /// -1: there is no such key.
        var count: Int
    }

    package init() {}

    package var count: Int { places.count }

    /// The value at an index, nil where the key is absent; valid within `body`.
    package func withValue<R, E: Error>(_ index: Int, _ body: (UnsafeRawBufferPointer?) throws(E) -> R) throws(E) -> R {
        let place = places[index]
        guard place.count >= 0 else { return try body(nil) }
        return try bytes.withUnsafeBufferPointer { (all: UnsafeBufferPointer<UInt8>) throws(E) -> R in
            try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: all[place.start..<place.start + place.count])))
        }
    }

    /// A copy of the value at an index, nil where the key is absent.
    package subscript(_ index: Int) -> [UInt8]? { withValue(index) { value in value.map { [UInt8]($0) } } }

    mutating func reset(count: Int) {
        bytes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        places.append(contentsOf: repeatElement(Place(start: 0, count: -1), count: count))
    }

    mutating func set(_ index: Int, _ value: UnsafeRawBufferPointer) {
        places[index] = Place(start: bytes.count, count: value.count)
        bytes.append(contentsOf: value)
    }
}
