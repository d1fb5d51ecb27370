package import FeatureStore
package import Features

/// Who has played something lately, over all buckets: for the operator. Other events do not count, as an index of them would cost a write
/// a viewer, topic and flush.
package struct ActivityReader: Sendable {
    package let reader: StoreReader
    package let partitionCount: Int

    package init(reader: StoreReader, partitionCount: Int) {
        self.reader = reader
        self.partitionCount = partitionCount
    }

    /// The viewers with the newest plays, newest first, with the event time in milliseconds.
    package func recent(in keys: Keys, limit: Int) async throws(StoreError) -> [(user: String, at: Int64)] {
        var sets: [[UInt8]] = []
        for partition in 0..<Int32(partitionCount) {
            for index in 0..<Int32(keys.bucketsPerPartition) {
                sets.append(keys.active(bucket: Bucket(partition: partition, index: index)))
            }
        }
        return try await reader.highest(sets, countMax: limit).map { (String(decoding: $0.member, as: UTF8.self), $0.score) }
    }
}
